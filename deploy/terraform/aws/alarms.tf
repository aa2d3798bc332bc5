# What should wake somebody. /metrics says more: deploy/prometheus and deploy/grafana.
resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms"
  kms_master_key_id = aws_kms_key.main.id
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = var.alarm_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  balancer = var.server ? { LoadBalancer = aws_lb.main[0].arn_suffix } : tomap({})
  targets  = var.server ? merge(local.balancer, { TargetGroup = aws_lb_target_group.server[0].arn_suffix }) : tomap({})
  service  = var.server ? { ClusterName = aws_ecs_cluster.main[0].name, ServiceName = aws_ecs_service.server[0].name } : tomap({})
  library  = local.database ? { DBInstanceIdentifier = aws_db_instance.library[0].identifier } : tomap({})
  sessions = local.several ? { CacheClusterId = sort(aws_elasticache_replication_group.sessions[0].member_clusters)[0] } : tomap({})

  alarms = {
    no-server = {
      on         = var.server
      says       = "No server is ready"
      namespace  = "AWS/ApplicationELB"
      metric     = "HealthyHostCount"
      statistic  = "Minimum"
      comparison = "LessThanThreshold"
      threshold  = 1
      minutes    = 5
      missing    = "breaching"
      dimensions = local.targets
    }
    servers-missing = {
      on         = local.several
      says       = "Fewer servers are ready than there should be"
      namespace  = "AWS/ApplicationELB"
      metric     = "HealthyHostCount"
      statistic  = "Minimum"
      comparison = "LessThanThreshold"
      threshold  = var.servers
      minutes    = 15
      missing    = "breaching"
      dimensions = local.targets
    }
    errors = {
      on         = var.server
      says       = "The server answers with its own errors (5xx)"
      namespace  = "AWS/ApplicationELB"
      metric     = "HTTPCode_Target_5XX_Count"
      statistic  = "Sum"
      comparison = "GreaterThanThreshold"
      threshold  = 10
      minutes    = 5
      missing    = "notBreaching"
      dimensions = local.targets
    }
    busy = {
      on         = var.server
      says       = "The server's processor is busy: new sessions are soon refused"
      namespace  = "AWS/ECS"
      metric     = "CPUUtilization"
      statistic  = "Average"
      comparison = "GreaterThanThreshold"
      threshold  = 85
      minutes    = 15
      missing    = "notBreaching"
      dimensions = local.service
    }
    memory = {
      on         = var.server
      says       = "The server's memory is nearly used up"
      namespace  = "AWS/ECS"
      metric     = "MemoryUtilization"
      statistic  = "Maximum"
      comparison = "GreaterThanThreshold"
      threshold  = 85
      minutes    = 5
      missing    = "notBreaching"
      dimensions = local.service
    }
    database-disk = {
      on         = local.database
      says       = "The database has less than 2 GB left"
      namespace  = "AWS/RDS"
      metric     = "FreeStorageSpace"
      statistic  = "Minimum"
      comparison = "LessThanThreshold"
      threshold  = 2000000000
      minutes    = 5
      missing    = "missing"
      dimensions = local.library
    }
    redis-memory = {
      on         = local.several
      says       = "Redis is nearly full: then servers see nothing new of each other"
      namespace  = "AWS/ElastiCache"
      metric     = "DatabaseMemoryUsagePercentage"
      statistic  = "Maximum"
      comparison = "GreaterThanThreshold"
      threshold  = 80
      minutes    = 5
      missing    = "missing"
      dimensions = local.sessions
    }
    database-busy = {
      on         = local.database
      says       = "The database's processor is busy"
      namespace  = "AWS/RDS"
      metric     = "CPUUtilization"
      statistic  = "Average"
      comparison = "GreaterThanThreshold"
      threshold  = 85
      minutes    = 15
      missing    = "missing"
      dimensions = local.library
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each            = { for name, alarm in local.alarms : name => alarm if alarm.on }
  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  treat_missing_data  = each.value.missing
  dimensions          = each.value.dimensions
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
