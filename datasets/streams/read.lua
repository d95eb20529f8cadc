-- Hand out new entries, one after the other, until there are enough of them or of their events' bytes.
-- KEYS: stream. ARGV: group, consumer, entries at most, bytes at most. Passes the bytes by one entry at most.
local entries, bytes = {}, 0
local most_entries, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
while #entries < most_entries and bytes < most_bytes do
  local reply = redis.call(
    'XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
  if not reply then
    break
  end
  local entry = reply[1][2][1]
  local fields = entry[2]
  local size = 0
  for position = 1, #fields, 2 do
    local value = fields[position + 1]
    size = size + #value
    if fields[position] == 'n' then
      size = size + (tonumber(value) or 0)
    end
  end
  bytes = bytes + size
  entries[#entries + 1] = entry
end
return entries
