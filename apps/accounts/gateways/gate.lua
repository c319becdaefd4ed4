-- One call of the API: who it is, what that one is entitled to, and whether there is
-- room for the call, in one round trip. `domain/windows.py` counts in the same way.
--
-- KEYS[1]  where the caller's identity is kept; absent for somebody without one
-- ARGV     1 prefix, 2 the name an anonymous caller is counted by, 3 the present time
--          in seconds (empty: the server's), 4 the caller's address in bits,
--          5 seconds of the window (0: the call is not counted), 6 a limit in place of the entitlements'
--
-- An identity is `workspace|expires|networks|record`, networks being prefixes of bits,
-- and entitlements are `calls|view`; the last part is the application's own.
-- Returns a word, then record, view, admitted, used, limit and reset as far as known.

local prefix, subject, window = ARGV[1], ARGV[2], tonumber(ARGV[5])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function is_inside(bits, networks)
  for network in string.gmatch(networks, '[01]+') do
    if string.sub(bits, 1, #network) == network then
      return true
    end
  end
  return false
end

local record, entitled = '', 'anonymous'
if KEYS[1] then
  local identity = redis.call('GET', KEYS[1])
  if not identity then
    return {'no identity'}
  end
  local workspace, expires, networks, rest =
    string.match(identity, '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  record = rest
  if workspace == '' then
    return {'refused', record}
  end
  if expires ~= '' and now >= tonumber(expires) then
    return {'expired', record}
  end
  if networks ~= '' and not is_inside(ARGV[4], networks) then
    return {'address', record}
  end
  subject, entitled = workspace, workspace
end

local limit, view = ARGV[6], ''
if limit == '' then
  local entitlements = redis.call('GET', prefix .. 'entitlements:' .. entitled)
  if not entitlements then
    return {'no entitlements', record}
  end
  limit, view = string.match(entitlements, '^([^|]*)|(.*)$')
end
if limit == '' or window == 0 then
  return {'ok', record, view, 1, 0, '', 0}
end
limit = tonumber(limit)

-- Pairs of a second and its calls, oldest first, and beside them their sum.
local counts = prefix .. 'calls:' .. subject
local sum = counts .. ':sum'
local second = math.floor(now)
local newest = tonumber(redis.call('LINDEX', counts, -2))
if newest and newest > second then
  second = newest
end
local used = tonumber(redis.call('GET', sum) or 0)
local oldest = tonumber(redis.call('LINDEX', counts, 0))
while oldest and oldest + window < second do
  redis.call('LPOP', counts)
  used = tonumber(redis.call('DECRBY', sum, redis.call('LPOP', counts)))
  oldest = tonumber(redis.call('LINDEX', counts, 0))
end

local admitted, is_new = 0, false
if used < limit then
  admitted = 1
  if newest == second and oldest then
    redis.call('LSET', counts, -1, tonumber(redis.call('LINDEX', counts, -1)) + 1)
  else
    redis.call('RPUSH', counts, second, 1)
    is_new = true
  end
  used = tonumber(redis.call('INCR', sum))
  -- Others of a second leave when its first does, unless the clock was set back.
  local ahead = second - math.floor(now)
  if is_new or ahead > 0 then
    redis.call('EXPIRE', counts, ahead + window + 2)
    redis.call('EXPIRE', sum, ahead + window + 2)
  end
  oldest = oldest or second
end

local reset = 0
if oldest then
  reset = math.ceil(oldest + window + 1 - now)
end
return {'ok', record, view, admitted, used, limit, reset}
