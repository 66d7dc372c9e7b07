-- Ends a session that ends in order. With runs it stays, expired, for a
-- reaper or for this host's next start.
--
-- ARGV: marker, sequence seen, incarnation, node.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[3]
local session = redis.call('HGET', P .. ':n', inc)
if redis.call('HLEN', P .. ':r:' .. inc) == 0 then
	redis.call('HDEL', P .. ':n', inc)
elseif session then
	redis.call('HSET', P .. ':n', inc,
		int(now) .. string.match(session, '^%d+(.*)$'))
end
changes = 1
return done({''})
