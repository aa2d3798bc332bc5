resource "azurerm_storage_account" "recordings" {
  #checkov:skip=CKV_AZURE_206:One region: a copy in another is yours to decide
  #checkov:skip=CKV_AZURE_33:There are no queues
  #checkov:skip=CKV2_AZURE_1:Encrypted with a key of Azure's; one of your own is yours to decide
  #checkov:skip=CKV2_AZURE_33:Reached from the app's subnet alone, by its service endpoint
  #checkov:skip=CKV2_AZURE_40:Terraform itself sets it up with the account's key; the server has none
  #checkov:skip=CKV2_AZURE_41:Nobody is given a SAS
  #checkov:skip=CKV_AZURE_59:The network rules below refuse everybody else
  name                            = "${local.short}rec"
  resource_group_name             = azurerm_resource_group.main.name
  location                        = azurerm_resource_group.main.location
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  allow_nested_items_to_be_public = false
  local_user_enabled              = false

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = [azurerm_subnet.apps.id, azurerm_subnet.web.id]
  }

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = var.version_days
    }

    container_delete_retention_policy {
      days = var.version_days
    }
  }
}

resource "azurerm_storage_container" "recordings" {
  #checkov:skip=CKV2_AZURE_21:Who read what is in the diagnostic setting below
  name                  = "recordings"
  storage_account_id    = azurerm_storage_account.recordings.id
  container_access_type = "private"
}

resource "azurerm_storage_management_policy" "recordings" {
  storage_account_id = azurerm_storage_account.recordings.id

  rule {
    name    = "old-versions"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      version {
        delete_after_days_since_creation = var.version_days
      }
    }
  }
}

resource "azurerm_monitor_diagnostic_setting" "recordings" {
  name                       = "who-read-what"
  target_resource_id         = "${azurerm_storage_account.recordings.id}/blobServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "StorageRead"
  }

  enabled_log {
    category = "StorageWrite"
  }

  enabled_log {
    category = "StorageDelete"
  }
}

# The container and nothing else of the account.
resource "azurerm_role_assignment" "recordings" {
  scope                = azurerm_storage_container.recordings.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.server.principal_id
}

# The journal of live sessions has to outlive the server that writes it, and locks say which server
# that is: so it is NFS, because a Container App's SMB keeps locks to itself.
resource "azurerm_storage_account" "journal" {
  #checkov:skip=CKV_AZURE_59:The network rules below refuse everybody else
  #checkov:skip=CKV_AZURE_206:One region, as for the recordings
  #checkov:skip=CKV2_AZURE_1:As for the recordings
  #checkov:skip=CKV2_AZURE_33:As for the recordings
  #checkov:skip=CKV2_AZURE_38:There are no blobs
  #checkov:skip=CKV2_AZURE_40:As for the recordings
  #checkov:skip=CKV2_AZURE_41:Nobody is given a SAS
  count                           = local.container_app ? 1 : 0
  name                            = "${local.short}jrn"
  resource_group_name             = azurerm_resource_group.main.name
  location                        = azurerm_resource_group.main.location
  account_kind                    = "FileStorage"
  account_tier                    = "Premium"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = false # NFS is not mounted with TLS, and by the app's subnet alone
  allow_nested_items_to_be_public = false
  local_user_enabled              = false

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = [azurerm_subnet.apps.id]
  }
}

resource "azurerm_storage_share" "data" {
  count              = local.container_app ? 1 : 0
  name               = "data"
  storage_account_id = azurerm_storage_account.journal[0].id
  enabled_protocol   = "NFS"
  quota              = 100 # GiB, the least that there is
}

resource "random_password" "database" {
  length  = 32
  special = false
}

resource "azurerm_postgresql_flexible_server" "library" {
  #checkov:skip=CKV2_AZURE_57:It is in a subnet of the network itself
  #checkov:skip=CKV_AZURE_136:One region: backups in another are yours to decide
  name                          = "${local.name}-${random_string.suffix.result}"
  resource_group_name           = azurerm_resource_group.main.name
  location                      = azurerm_resource_group.main.location
  version                       = "17"
  sku_name                      = var.database_size
  storage_mb                    = 32768
  auto_grow_enabled             = true
  backup_retention_days         = 14
  administrator_login           = "vivavoce"
  administrator_password        = random_password.database.result
  delegated_subnet_id           = azurerm_subnet.database.id
  private_dns_zone_id           = azurerm_private_dns_zone.database.id
  public_network_access_enabled = false

  lifecycle {
    ignore_changes = [zone] # Azure chooses one
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.database]
}

resource "azurerm_postgresql_flexible_server_database" "library" {
  name      = "vivavoce"
  server_id = azurerm_postgresql_flexible_server.library.id
  collation = "en_US.utf8"
  charset   = "UTF8"
}

locals {
  account      = azurerm_postgresql_flexible_server.library.administrator_login
  host         = azurerm_postgresql_flexible_server.library.fqdn
  database     = azurerm_postgresql_flexible_server_database.library.name
  database_url = "postgresql://${local.account}:${random_password.database.result}@${local.host}:5432/${local.database}"
}
