# Vivavoce on AWS: a bucket for the recordings, and servers (ECS on Fargate) behind a load
# balancer. docs/deploy.md says what of this has been executed.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name = "vivavoce-${var.environment}"

  # Whoever may use the bucket and Transcribe: the role of the task, and the user where asked for.
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  root      = "arn:${local.partition}:iam::${local.account}:root"
}

# One key for all that is kept: recordings, database, journal, logs, secrets.
resource "aws_kms_key" "main" {
  description             = "Everything that ${local.name} keeps"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.main.key_id
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:A key's policy names this key alone; without its owner in it nobody could change it again
  #checkov:skip=CKV_AWS_111:As above
  #checkov:skip=CKV_AWS_356:As above
  statement {
    sid       = "TheAccountDecidesByItsOwnPolicies"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "LogsAndAlarms"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.aws_region}.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}
