"""The REST API; the same FastAPI app hangs in the page server and runs alone under uvicorn."""
