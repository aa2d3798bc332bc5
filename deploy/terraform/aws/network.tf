# A network of two zones: the load balancer outside; servers and what they keep in inside.
locals {
  zones = var.server ? [for letter in var.zones : "${var.aws_region}${letter}"] : []
}

resource "aws_vpc" "main" {
  count                = var.server ? 1 : 0
  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true

  tags = { Name = local.name }
}

resource "aws_default_security_group" "main" {
  count  = var.server ? 1 : 0
  vpc_id = aws_vpc.main[0].id
}

resource "aws_subnet" "outside" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.main[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, index(local.zones, each.key))

  tags = { Name = "${local.name}-outside" }
}

resource "aws_subnet" "inside" {
  for_each          = toset(local.zones)
  vpc_id            = aws_vpc.main[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, 8 + index(local.zones, each.key))

  tags = { Name = "${local.name}-inside" }
}

resource "aws_internet_gateway" "main" {
  count  = var.server ? 1 : 0
  vpc_id = aws_vpc.main[0].id
}

resource "aws_route_table" "outside" {
  count  = var.server ? 1 : 0
  vpc_id = aws_vpc.main[0].id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main[0].id
  }
}

resource "aws_route_table_association" "outside" {
  for_each       = aws_subnet.outside
  subnet_id      = each.value.id
  route_table_id = aws_route_table.outside[0].id
}

# The server calls out: for its image, for services that are its engines, for webhooks and mail.
resource "aws_eip" "nat" {
  count      = var.server ? 1 : 0
  domain     = "vpc"
  depends_on = [aws_internet_gateway.main]
}

resource "aws_nat_gateway" "main" {
  count         = var.server ? 1 : 0
  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.outside[local.zones[0]].id
}

resource "aws_route_table" "inside" {
  count  = var.server ? 1 : 0
  vpc_id = aws_vpc.main[0].id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.main[0].id
  }
}

resource "aws_route_table_association" "inside" {
  for_each       = aws_subnet.inside
  subnet_id      = each.value.id
  route_table_id = aws_route_table.inside[0].id
}

# Recordings go to the bucket without the detour through the gateway, which is paid by the byte.
resource "aws_vpc_endpoint" "s3" {
  count             = var.server ? 1 : 0
  vpc_id            = aws_vpc.main[0].id
  service_name      = "com.amazonaws.${var.aws_region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.inside[0].id]
}

resource "aws_flow_log" "main" {
  count                = var.server ? 1 : 0
  vpc_id               = aws_vpc.main[0].id
  traffic_type         = "REJECT"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.network[0].arn
  iam_role_arn         = aws_iam_role.flow[0].arn
}

resource "aws_cloudwatch_log_group" "network" {
  count             = var.server ? 1 : 0
  name              = "/vivavoce/${var.environment}/network"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.main.arn
}

data "aws_iam_policy_document" "flow_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "flow" {
  count              = var.server ? 1 : 0
  name_prefix        = "${local.name}-flow-"
  assume_role_policy = data.aws_iam_policy_document.flow_assume.json
}

data "aws_iam_policy_document" "flow" {
  count = var.server ? 1 : 0

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.network[0].arn}:*"]
  }
}

resource "aws_iam_role_policy" "flow" {
  count  = var.server ? 1 : 0
  name   = "logs"
  role   = aws_iam_role.flow[0].name
  policy = data.aws_iam_policy_document.flow[0].json
}

# Who may speak to whom: people to the balancer, that to the server, that to what it keeps in.
resource "aws_security_group" "balancer" {
  count       = var.server ? 1 : 0
  name_prefix = "${local.name}-balancer-"
  description = "The load balancer of ${local.name}"
  vpc_id      = aws_vpc.main[0].id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "server" {
  count       = var.server ? 1 : 0
  name_prefix = "${local.name}-server-"
  description = "The server of ${local.name}"
  vpc_id      = aws_vpc.main[0].id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "stores" {
  count       = var.server ? 1 : 0
  name_prefix = "${local.name}-stores-"
  description = "What ${local.name} keeps in"
  vpc_id      = aws_vpc.main[0].id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "people" {
  #checkov:skip=CKV_AWS_260:Port 80 only leads on to https
  for_each          = toset(var.server ? [for pair in setproduct(["80", "443"], var.allowed_cidrs) : join(" ", pair)] : [])
  security_group_id = aws_security_group.balancer[0].id
  description       = "People"
  ip_protocol       = "tcp"
  from_port         = tonumber(split(" ", each.key)[0])
  to_port           = tonumber(split(" ", each.key)[0])
  cidr_ipv4         = split(" ", each.key)[1]
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  count                        = var.server ? 1 : 0
  security_group_id            = aws_security_group.balancer[0].id
  description                  = "To the server"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.server[0].id
}

resource "aws_vpc_security_group_ingress_rule" "server" {
  count                        = var.server ? 1 : 0
  security_group_id            = aws_security_group.server[0].id
  description                  = "From the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.balancer[0].id
}

resource "aws_vpc_security_group_egress_rule" "server" {
  count             = var.server ? 1 : 0
  security_group_id = aws_security_group.server[0].id
  description       = "Services, webhooks, mail, stores"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "stores" {
  for_each                     = { for name, port in { nfs = 2049, postgresql = 5432, redis = 6379 } : name => port if var.server && (name != "redis" || local.several) }
  security_group_id            = aws_security_group.stores[0].id
  description                  = "From the server: ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
  referenced_security_group_id = aws_security_group.server[0].id
}
