-- Sends the service an authorization request for each request of a client. The script sends the client's method, URI, key and
-- whole body, and no other header of the client. So the service finds the model, and a client cannot state another one.

local service = os.getenv("MODELS_AUTHORIZE") or "http://127.0.0.1:8082"
local secret = os.getenv("MODELS_AUTHORIZE_SECRET")

-- The headers of the client that the service gets.
local forwarded = {
  "authorization", "x-api-key", "x-goog-api-key", "api-key", "openai-organization", "openai-project",
  "content-type", "content-encoding",
}
-- The headers of the service's response that the inference server gets. The script removes the client's own.
local identity = {
  "x-models-organization", "x-models-project", "x-models-key", "x-models-role", "x-models-model",
}
-- The headers of a refusal that the client gets.
local returned = {
  "content-type", "www-authenticate", "retry-after", "x-should-retry", "x-request-id",
}

local function all(values)
  local list = {}
  for _, value in pairs(values) do table.insert(list, value) end
  return list
end

local function refuse(txn, status, message)
  local reply = txn:reply()
  reply:set_status(status)
  reply:add_header("content-type", "application/json")
  reply:set_body('{"error":{"message":"' .. message .. '","type":"invalid_request_error","param":null,"code":null}}')
  txn:done(reply)
end

core.register_action("models_authorize", { "http-req" }, function(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-original-method"] = { txn.sf:method() },
    ["x-original-uri"] = { txn.sf:pathq() },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  for _, name in ipairs(forwarded) do
    local values = all(sent[name] or {})
    -- Programs choose different values of a repeated header, and HAProxy drops headers beyond `tune.http.maxhdr`.
    if #values > 1 then return refuse(txn, 400, "The header " .. name .. " occurs more than once.") end
    if values[1] then headers[name] = values end
  end
  if secret then headers["x-models-secret"] = { secret } end
  local body = txn.sf:req_body()
  local request = { url = service .. "/v1/authorize", headers = headers, timeout = 5000 }
  local response
  if body and #body > 0 then
    request.body = body
    response = core.httpclient():post(request)
  else
    response = core.httpclient():get(request)
  end
  local status = response.status or 0
  if status == 200 then
    txn:set_var("txn.models_allowed", true)
    for _, name in ipairs(identity) do
      txn.http:req_del_header(name)
      local values = response.headers[name]
      if values then txn.http:req_set_header(name, all(values)[1]) end
    end
    return
  end
  local reply = txn:reply()
  -- A request without a response of the service is refused.
  reply:set_status(status >= 400 and status or 503)
  for _, name in ipairs(returned) do
    for _, value in ipairs(all((response.headers or {})[name] or {})) do
      reply:add_header(name, value)
    end
  end
  reply:set_body(response.body or "")
  txn:done(reply)
end)
