-- Append a segment once. KEYS: stream, seen, ledger, in_flight (one slot).
-- ARGV: content hash, seconds that it is kept, project ("tenant/project"), bytes of its events, entry.
-- Returns the entry's id, "duplicate" or "conflict". What may be refused for want of memory comes first.
local known = redis.call('GET', KEYS[2])
if known then
  redis.call('HINCRBY', KEYS[3], ARGV[3] .. '/received/', 1)
  if known == ARGV[1] then
    redis.call('HINCRBY', KEYS[3], ARGV[3] .. '/filtered/duplicate', 1)
    return 'duplicate'
  end
  redis.call('HINCRBY', KEYS[3], ARGV[3] .. '/invalid/conflict', 1)
  return 'conflict'
end
local id = redis.call('XADD', KEYS[1], '*', 'p', ARGV[3], 'n', ARGV[4], 'e', ARGV[5])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[3] .. '/received/', 1)
redis.call('HINCRBY', KEYS[4], ARGV[3], 1)
return id
