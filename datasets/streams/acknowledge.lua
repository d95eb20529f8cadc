-- Acknowledge entries of one project and trim what nobody waits for. KEYS: stream, in_flight, attempts (one slot).
-- ARGV: group, project, then ids. Returns how many were pending until now.
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 3))
if acked > 0 and ARGV[2] ~= '' then
  redis.call('HINCRBY', KEYS[2], ARGV[2], -acked)
end
redis.call('HDEL', KEYS[3], unpack(ARGV, 3))
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local low_water
if pending[1] > 0 then
  low_water = pending[2]
else
  local last = ARGV[#ARGV]
  local ms, seq = string.match(last, '^(%d+)-(%d+)$')
  low_water = ms .. '-' .. string.format('%d', tonumber(seq) + 1)
end
redis.call('XTRIM', KEYS[1], 'MINID', low_water)
return acked
