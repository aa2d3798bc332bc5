resource "aws_lb" "main" {
  #checkov:skip=CKV2_AWS_28:The server has limits and keys of its own; a web firewall is paid by the request and yours to decide
  count                      = var.server ? 1 : 0
  name                       = local.name
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.balancer[0].id]
  subnets                    = [for subnet in aws_subnet.outside : subnet.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protect

  # A live session may be silent for long: the longest that there is, and a session that is cut
  # all the same is resumed by its client.
  idle_timeout = 4000

  access_logs {
    bucket  = aws_s3_bucket.access.id
    prefix  = "balancer"
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.access]
}

resource "aws_lb_target_group" "server" {
  #checkov:skip=CKV_AWS_378:Inside the network; the security groups let nobody but the balancer in
  count                = var.server ? 1 : 0
  name_prefix          = "vv-"
  port                 = 8000
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = aws_vpc.main[0].id
  deregistration_delay = var.drain_s

  # Whoever comes back may come to any server: nothing is sticky. Lines are long, so what counts is
  # how many a server has.
  load_balancing_algorithm_type = "least_outstanding_requests"

  health_check {
    path                = "/ready"
    matcher             = "200"
    interval            = 10
    timeout             = 6
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "https" {
  count             = var.server ? 1 : 0
  load_balancer_arn = aws_lb.main[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.server[0].arn
  }
}

# What Prometheus reads is nobody's business outside.
resource "aws_lb_listener_rule" "metrics" {
  count        = var.server ? 1 : 0
  listener_arn = aws_lb_listener.https[0].arn
  priority     = 10

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not here."
      status_code  = "404"
    }
  }

  condition {
    path_pattern {
      values = ["/metrics"]
    }
  }
}

resource "aws_lb_listener" "http" {
  count             = var.server ? 1 : 0
  load_balancer_arn = aws_lb.main[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}
