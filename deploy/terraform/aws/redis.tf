# What is being said, for the other servers: Valkey, which speaks Redis's protocol. Nothing of it is
# kept: it is of live sessions alone, and where it is away nobody who speaks notices.
locals {
  several = var.server && var.servers > 1
}

resource "aws_elasticache_subnet_group" "sessions" {
  count      = local.several ? 1 : 0
  name       = local.name
  subnet_ids = [for subnet in aws_subnet.inside : subnet.id]
}

resource "aws_elasticache_parameter_group" "sessions" {
  count  = local.several ? 1 : 0
  name   = "${local.name}-sessions"
  family = "valkey8"

  # Full, it is to refuse: to forget a part of a session would be worse.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "sessions" {
  count                = local.several ? 1 : 0
  replication_group_id = local.name
  description          = "Live sessions of ${local.name}"

  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.redis_class
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  auto_minor_version_upgrade = true
  snapshot_retention_limit   = 0

  subnet_group_name    = aws_elasticache_subnet_group.sessions[0].name
  parameter_group_name = aws_elasticache_parameter_group.sessions[0].name
  security_group_ids   = [aws_security_group.stores[0].id]
  port                 = 6379

  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.main.arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = random_password.redis[0].result
  auth_token_update_strategy = "SET"
}

resource "random_password" "redis" {
  count   = local.several ? 1 : 0
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "redis_url" {
  #checkov:skip=CKV2_AWS_57:As for the database: taint random_password.redis when you want to
  count       = local.several ? 1 : 0
  name_prefix = "${local.name}-redis-url-"
  kms_key_id  = aws_kms_key.main.arn
}

resource "aws_secretsmanager_secret_version" "redis_url" {
  count         = local.several ? 1 : 0
  secret_id     = aws_secretsmanager_secret.redis_url[0].id
  secret_string = "rediss://:${random_password.redis[0].result}@${aws_elasticache_replication_group.sessions[0].primary_endpoint_address}:6379/0"
}
