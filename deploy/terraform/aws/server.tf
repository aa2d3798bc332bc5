resource "aws_ecs_cluster" "main" {
  count = var.server ? 1 : 0
  name  = local.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "server" {
  count             = var.server ? 1 : 0
  name              = "/vivavoce/${var.environment}/server"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.main.arn
}

locals {
  # Settings of the server: docs/reference/settings.md. Those that the image has itself (host,
  # data_dir, auth) are in deploy/Dockerfile.
  settings = {
    VIVAVOCE_ENGINES         = var.engines
    VIVAVOCE_BLOBS_URL       = "s3://${aws_s3_bucket.recordings.id}"
    VIVAVOCE_AWS_REGION      = var.aws_region
    VIVAVOCE_DRAIN_S         = tostring(var.drain_s)
    VIVAVOCE_TRUSTED_HOSTS   = var.host_name
    VIVAVOCE_TRUSTED_PROXIES = var.vpc_cidr
  }
}

resource "aws_ecs_task_definition" "server" {
  count                    = var.server ? 1 : 0
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.start[0].arn

  container_definitions = jsonencode([
    {
      name                   = "server"
      image                  = var.image
      essential              = true
      user                   = "10001:10001"
      readonlyRootFilesystem = true
      stopTimeout            = 120
      linuxParameters        = { initProcessEnabled = true }
      portMappings           = [{ containerPort = 8000, protocol = "tcp" }]

      environment = [
        for name, value in merge(local.settings, { AWS_REGION = var.aws_region }) :
        { name = name, value = value }
      ]

      secrets = concat(
        [for arn in aws_secretsmanager_secret.database_url[*].arn : { name = "VIVAVOCE_DATABASE_URL", valueFrom = arn }],
        [for arn in aws_secretsmanager_secret.redis_url[*].arn : { name = "VIVAVOCE_REDIS_URL", valueFrom = arn }],
      )

      mountPoints = [
        { sourceVolume = "data", containerPath = "/data", readOnly = false },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]

      # Alive, not ready: a server that waits for its engine or its disk is not mended by another.
      healthCheck = {
        command     = ["CMD", "vivavoce-health", "/health"]
        interval    = 15
        timeout     = 8
        retries     = 3
        startPeriod = 180
      }

      logConfiguration = {
        logDriver = "awslogs"

        options = {
          awslogs-group         = aws_cloudwatch_log_group.server[0].name
          awslogs-region        = var.aws_region
          awslogs-stream-prefix = "server"
        }
      }
    },
  ])

  volume {
    name = "tmp"
  }

  volume {
    name = "data"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data[0].id
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = aws_efs_access_point.data[0].id
        iam             = "ENABLED"
      }
    }
  }
}

resource "aws_ecs_service" "server" {
  count                             = var.server ? 1 : 0
  name                              = "server"
  cluster                           = aws_ecs_cluster.main[0].id
  task_definition                   = aws_ecs_task_definition.server[0].arn
  launch_type                       = "FARGATE"
  platform_version                  = "LATEST"
  health_check_grace_period_seconds = 300
  propagate_tags                    = "SERVICE"

  # Several share live sessions: new ones are there before old ones end, and clients go on at
  # these. One alone may have its library in a file, so it ends before the next begins, and
  # clients wait and resume.
  desired_count                      = var.servers
  deployment_minimum_healthy_percent = local.several ? 100 : 0
  deployment_maximum_percent         = local.several ? 200 : 100
  availability_zone_rebalancing      = local.several ? "ENABLED" : "DISABLED"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = [for subnet in aws_subnet.inside : subnet.id]
    security_groups  = [aws_security_group.server[0].id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.server[0].arn
    container_name   = "server"
    container_port   = 8000
  }

  depends_on = [
    aws_lb_listener.https,
    aws_efs_mount_target.data,
    aws_iam_role_policy_attachment.task,
    aws_iam_role_policy_attachment.start,
    aws_iam_role_policy.secrets,
    aws_secretsmanager_secret_version.database_url,
    aws_secretsmanager_secret_version.redis_url,
  ]
}
