# The journal of live sessions has to outlive the server that writes it, so it lies on a file
# system of its own; and PostgreSQL holds the library.
locals {
  database = var.server && var.database
}

resource "aws_efs_file_system" "data" {
  count            = var.server ? 1 : 0
  encrypted        = true
  kms_key_id       = aws_kms_key.main.arn
  throughput_mode  = "elastic"
  performance_mode = "generalPurpose"

  tags = { Name = local.name }
}

resource "aws_efs_backup_policy" "data" {
  count          = var.server ? 1 : 0
  file_system_id = aws_efs_file_system.data[0].id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_mount_target" "data" {
  for_each        = aws_subnet.inside
  file_system_id  = aws_efs_file_system.data[0].id
  subnet_id       = each.value.id
  security_groups = [aws_security_group.stores[0].id]
}

resource "aws_efs_access_point" "data" {
  count          = var.server ? 1 : 0
  file_system_id = aws_efs_file_system.data[0].id

  # The user of deploy/Dockerfile.
  posix_user {
    uid = 10001
    gid = 10001
  }

  root_directory {
    path = "/vivavoce"

    creation_info {
      owner_uid   = 10001
      owner_gid   = 10001
      permissions = "0700"
    }
  }
}

# Only the server, only through its access point, only encrypted.
data "aws_iam_policy_document" "data" {
  count = var.server ? 1 : 0

  statement {
    sid       = "Server"
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.data[0].arn]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.task.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [aws_efs_access_point.data[0].arn]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
}

resource "aws_efs_file_system_policy" "data" {
  count          = var.server ? 1 : 0
  file_system_id = aws_efs_file_system.data[0].id
  policy         = data.aws_iam_policy_document.data[0].json
}

resource "aws_db_subnet_group" "library" {
  count      = local.database ? 1 : 0
  name       = local.name
  subnet_ids = [for subnet in aws_subnet.inside : subnet.id]
}

resource "aws_db_parameter_group" "library" {
  count       = local.database ? 1 : 0
  name_prefix = "${local.name}-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Statements that change the schema, and slow ones. Not every statement: they hold what was said.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "2000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "library" {
  #checkov:skip=CKV_AWS_157:A second zone costs as much again; set multi_az where an hour's outage costs more
  #checkov:skip=CKV_AWS_161:The server logs in with a password that nobody types
  count      = local.database ? 1 : 0
  identifier = local.name

  engine                     = "postgres"
  engine_version             = "17"
  instance_class             = var.database_class
  allocated_storage          = 20
  max_allocated_storage      = 200
  storage_type               = "gp3"
  storage_encrypted          = true
  kms_key_id                 = aws_kms_key.main.arn
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true

  db_name  = "vivavoce"
  username = "vivavoce"
  password = random_password.database[0].result

  db_subnet_group_name   = aws_db_subnet_group.library[0].name
  parameter_group_name   = aws_db_parameter_group.library[0].name
  vpc_security_group_ids = [aws_security_group.stores[0].id]
  publicly_accessible    = false

  backup_retention_period   = 14
  deletion_protection       = var.protect
  skip_final_snapshot       = !var.protect
  final_snapshot_identifier = "${local.name}-last"

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring[0].arn
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  count              = local.database ? 1 : 0
  name_prefix        = "${local.name}-db-"
  assume_role_policy = data.aws_iam_policy_document.monitoring.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  count      = local.database ? 1 : 0
  role       = aws_iam_role.monitoring[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "random_password" "database" {
  count   = local.database ? 1 : 0
  length  = 32
  special = false
}

resource "aws_secretsmanager_secret" "database_url" {
  #checkov:skip=CKV2_AWS_57:Changing it means a new start of the server: taint random_password.database when you want to
  count       = local.database ? 1 : 0
  name_prefix = "${local.name}-database-url-"
  kms_key_id  = aws_kms_key.main.arn
}

resource "aws_secretsmanager_secret_version" "database_url" {
  count         = local.database ? 1 : 0
  secret_id     = aws_secretsmanager_secret.database_url[0].id
  secret_string = "postgresql://${aws_db_instance.library[0].username}:${random_password.database[0].result}@${aws_db_instance.library[0].endpoint}/${aws_db_instance.library[0].db_name}"
}
