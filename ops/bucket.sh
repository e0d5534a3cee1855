#!/bin/sh
# Run at every start: the bucket, and a user of MinIO's who may do what Marksight needs there, and nothing else.
set -eu
mc alias set minio "$MINIO_URL" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
mc mb --ignore-existing "minio/$BUCKET"
policy=$(mktemp)
cat >"$policy" <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "Resource": ["arn:aws:s3:::$BUCKET"]},
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
   "s3:ListMultipartUploadParts"], "Resource": ["arn:aws:s3:::$BUCKET/*"]}]}
JSON
mc admin policy create minio marksight "$policy"
mc admin user add minio "$BUCKET_KEY_ID" "$BUCKET_SECRET"
mc admin policy attach minio marksight --user "$BUCKET_KEY_ID" 2>/dev/null || true  # it is attached already
