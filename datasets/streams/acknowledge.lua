-- Acknowledge entries of one project and trim what nobody waits for.
-- KEYS: stream, in_flight, attempts (one slot). ARGV: group, project, newest id of the whole call, then ids.
-- Returns how many were pending until now.
local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4))
if acked > 0 and ARGV[2] ~= '' then
  redis.call('HINCRBY', KEYS[2], ARGV[2], -acked)
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  for position = 4, #ARGV do
    local id = ARGV[position]
    redis.call('HDEL', KEYS[3], id, id .. '/first', id .. '/last', id .. '/buried')
  end
end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local low_water
if pending[1] > 0 then
  low_water = pending[2]
else
  -- Nothing is pending: what was not read yet is younger than what was just acknowledged.
  local ms, seq = string.match(ARGV[3], '^(%d+)-(%d+)$')
  low_water = ms .. '-' .. string.format('%d', tonumber(seq) + 1)
end
redis.call('XTRIM', KEYS[1], 'MINID', low_water)
return acked
