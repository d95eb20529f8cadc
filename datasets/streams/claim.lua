-- Make one consumer the owner of all that is pending. KEYS: stream. ARGV: group, consumer.
local cursor = '0-0'
repeat
  local reply = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, cursor, 'COUNT', 100, 'JUSTID')
  cursor = reply[1]
until cursor == '0-0'
return 'OK'
