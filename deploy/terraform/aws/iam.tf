# What the server may do: its own bucket, and Transcribe where that is asked for. Nothing else.
data "aws_iam_policy_document" "service" {
  statement {
    sid       = "Recordings"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.recordings.arn}/*"]
  }

  statement {
    sid       = "ListRecordings"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.recordings.arn]
  }

  statement {
    sid       = "EncryptRecordings"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.main.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.aws_region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = var.transcribe ? [1] : []

    content {
      # Streaming knows no narrower resource.
      sid       = "Transcribe"
      actions   = ["transcribe:StartStreamTranscription", "transcribe:StartStreamTranscriptionWebSocket"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_policy" "service" {
  name_prefix = "${var.iam_user_prefix}-${var.environment}-"
  policy      = data.aws_iam_policy_document.service.json
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# The role of the server itself.
resource "aws_iam_role" "task" {
  name_prefix        = "${var.iam_user_prefix}-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy_attachment" "task" {
  role       = aws_iam_role.task.name
  policy_arn = aws_iam_policy.service.arn
}

# The role of what starts it: pull the image, write the logs, read its secrets.
resource "aws_iam_role" "start" {
  count              = var.server ? 1 : 0
  name_prefix        = "${var.iam_user_prefix}-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy_attachment" "start" {
  count      = var.server ? 1 : 0
  role       = aws_iam_role.start[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

data "aws_iam_policy_document" "secrets" {
  count = local.database ? 1 : 0

  statement {
    sid       = "ItsSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = concat(aws_secretsmanager_secret.database_url[*].arn, aws_secretsmanager_secret.redis_url[*].arn)
  }

  statement {
    sid       = "DecryptThem"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.main.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.aws_region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "secrets" {
  count  = local.database ? 1 : 0
  name   = "secrets"
  role   = aws_iam_role.start[0].name
  policy = data.aws_iam_policy_document.secrets[0].json
}

# For a server elsewhere. A role is better wherever one can be had: a key does not expire.
resource "aws_iam_user" "service" {
  #checkov:skip=CKV_AWS_273:It is a program outside of AWS, made only where asked for
  count = var.create_user ? 1 : 0
  name  = "${var.iam_user_prefix}-${var.environment}"
}

resource "aws_iam_user_policy_attachment" "service" {
  #checkov:skip=CKV_AWS_40:It is the only member that a group would have
  count      = var.create_user ? 1 : 0
  user       = aws_iam_user.service[0].name
  policy_arn = aws_iam_policy.service.arn
}

resource "aws_iam_access_key" "service" {
  count = var.create_user ? 1 : 0
  user  = aws_iam_user.service[0].name
}
