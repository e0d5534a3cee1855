"""What an inspection *is*: frozen values and pure functions over NumPy and OpenCV.

Nothing here reads the environment, a file, a socket or a clock, and nothing is random: bytes, time and engines are
handed in. `core.inspection.inspect` sequences the steps of one inspection; `core.decision.decide` is the only place
where a verdict is made.
"""
