output "s3_bucket_name" {
  description = "The bucket of the recordings."
  value       = aws_s3_bucket.recordings.id
}

output "role_arn" {
  description = "The server's role: bucket, and Transcribe where asked for."
  value       = aws_iam_role.task.arn
}

output "aws_access_key_id" {
  description = "Only where create_user is true."
  value       = one(aws_iam_access_key.service[*].id)
}

output "aws_secret_access_key" {
  description = "Only where create_user is true."
  value       = one(aws_iam_access_key.service[*].secret)
  sensitive   = true
}

output "load_balancer" {
  description = "What the name that people use has to point to (CNAME)."
  value       = one(aws_lb.main[*].dns_name)
}

output "alarms_topic" {
  description = "Where alarms are told."
  value       = aws_sns_topic.alarms.arn
}
