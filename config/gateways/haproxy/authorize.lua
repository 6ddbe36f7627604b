-- Asks the service whether the client's request is allowed. The service finds the model: the script sends it the method, the
-- URI, the key and the whole body, and passes on nothing else that the client sent.

local service = os.getenv("MODELS_AUTHORIZE") or "http://127.0.0.1:8082"
local secret = os.getenv("MODELS_AUTHORIZE_SECRET")

-- The headers of the client that belong to a question.
local asked = {
  "authorization", "x-api-key", "x-goog-api-key", "api-key", "openai-organization", "openai-project",
  "content-type", "content-encoding",
}
-- The headers of the answer that the upstream gets. A client's own are removed.
local told = {
  "x-models-organization", "x-models-project", "x-models-key", "x-models-role", "x-models-model",
}
-- The headers of a refusal that the client gets.
local refused = {
  "content-type", "www-authenticate", "retry-after", "x-should-retry", "x-request-id",
}

local function all(values)
  local list = {}
  for _, value in pairs(values) do table.insert(list, value) end
  return list
end

core.register_action("models_authorize", { "http-req" }, function(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-original-method"] = { txn.sf:method() },
    ["x-original-uri"] = { txn.sf:pathq() },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  for _, name in ipairs(asked) do
    if sent[name] then headers[name] = all(sent[name]) end
  end
  if secret then headers["x-models-secret"] = { secret } end
  local body = txn.sf:req_body()
  local question = { url = service .. "/v1/authorize", headers = headers, timeout = 5000 }
  local answer
  if body and #body > 0 then
    question.body = body
    answer = core.httpclient():post(question)
  else
    answer = core.httpclient():get(question)
  end
  local status = answer.status or 0
  if status == 200 then
    for _, name in ipairs(told) do
      txn.http:req_del_header(name)
      local values = answer.headers[name]
      if values then txn.http:req_set_header(name, all(values)[1]) end
    end
    return
  end
  local reply = txn:reply()
  -- Without an answer the request is refused.
  reply:set_status(status >= 400 and status or 503)
  for _, name in ipairs(refused) do
    for _, value in ipairs(all((answer.headers or {})[name] or {})) do
      reply:add_header(name, value)
    end
  end
  reply:set_body(answer.body or "")
  txn:done(reply)
end)
