# What others recognise and write: Azure Speech (the engine azure), Azure OpenAI (summaries, answers,
# translations).
resource "azurerm_cognitive_account" "speech" {
  #checkov:skip=CKV_AZURE_134:The server calls it from a network whose address is Azure's to choose
  #checkov:skip=CKV_AZURE_236:The vendor's client for Speech is given a key
  #checkov:skip=CKV2_AZURE_22:Encrypted with a key of Azure's
  #checkov:skip=CKV_AZURE_247:It is sent sound, and fetches nothing
  count                 = var.speech ? 1 : 0
  name                  = "${local.name}-speech"
  resource_group_name   = azurerm_resource_group.main.name
  location              = azurerm_resource_group.main.location
  kind                  = "SpeechServices"
  sku_name              = "S0"
  custom_subdomain_name = "${local.name}-speech-${random_string.suffix.result}"

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_cognitive_account" "openai" {
  #checkov:skip=CKV_AZURE_134:As for Speech
  #checkov:skip=CKV_AZURE_236:The server is given a key
  #checkov:skip=CKV2_AZURE_22:Encrypted with a key of Azure's
  #checkov:skip=CKV_AZURE_247:It is sent text, and fetches nothing
  count                 = var.openai_model == "" ? 0 : 1
  name                  = "${local.name}-openai"
  resource_group_name   = azurerm_resource_group.main.name
  location              = azurerm_resource_group.main.location
  kind                  = "OpenAI"
  sku_name              = "S0"
  custom_subdomain_name = "${local.name}-openai-${random_string.suffix.result}"

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_cognitive_deployment" "openai" {
  count                = var.openai_model == "" ? 0 : 1
  name                 = var.openai_model
  cognitive_account_id = azurerm_cognitive_account.openai[0].id

  model {
    format  = "OpenAI"
    name    = var.openai_model
    version = var.openai_model_version
  }

  sku {
    name     = "Standard"
    capacity = 30
  }
}
