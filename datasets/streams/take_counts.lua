-- Set the counts of this shard aside under a drain id, once; a drain that was not confirmed is given again.
-- KEYS: ledger, draining (one slot). ARGV: a new drain id. Returns the fields and values of the drain.
if redis.call('EXISTS', KEYS[2]) == 0 then
  if redis.call('EXISTS', KEYS[1]) == 0 then
    return {}
  end
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'drain_id', ARGV[1])
end
return redis.call('HGETALL', KEYS[2])
