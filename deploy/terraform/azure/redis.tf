# What is being said, for the other servers. It is of live sessions alone, and where it is away
# nobody who speaks notices.
locals {
  several   = local.container_app && var.servers > 1
  redis     = one(azurerm_managed_redis.sessions[*])
  redis_key = local.several ? urlencode(local.redis.default_database[0].primary_access_key) : ""
  redis_url = local.several ? "rediss://:${local.redis_key}@${local.redis.hostname}:${local.redis.default_database[0].port}/0" : ""
}

resource "azurerm_managed_redis" "sessions" {
  count                 = local.several ? 1 : 0
  name                  = "${local.name}-${random_string.suffix.result}"
  resource_group_name   = azurerm_resource_group.main.name
  location              = azurerm_resource_group.main.location
  sku_name              = var.redis_size
  public_network_access = "Disabled"

  default_database {
    access_keys_authentication_enabled = true
    client_protocol                    = "Encrypted"
    # One address for everything, as a Redis by itself has.
    clustering_policy = "EnterpriseCluster"
    # Full, it is to refuse: to forget a part of a session would be worse.
    eviction_policy = "NoEviction"
  }
}

resource "azurerm_private_endpoint" "redis" {
  count               = local.several ? 1 : 0
  name                = "${local.name}-redis"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  subnet_id           = azurerm_subnet.endpoints.id

  private_service_connection {
    name                           = "redis"
    private_connection_resource_id = azurerm_managed_redis.sessions[0].id
    subresource_names              = ["redisEnterprise"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "redis"
    private_dns_zone_ids = [azurerm_private_dns_zone.redis[0].id]
  }
}

resource "azurerm_private_dns_zone" "redis" {
  count               = local.several ? 1 : 0
  name                = "privatelink.redis.azure.net"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "redis" {
  count                 = local.several ? 1 : 0
  name                  = "redis"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.redis[0].name
  virtual_network_id    = azurerm_virtual_network.main.id
}
