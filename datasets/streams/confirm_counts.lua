-- Forget a drain that is stored, and no other. KEYS: draining. ARGV: its drain id.
if redis.call('HGET', KEYS[1], 'drain_id') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
