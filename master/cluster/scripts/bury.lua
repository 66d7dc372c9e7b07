-- A dead host's runs are on record: forgets them, and the session with the
-- last.
--
-- ARGV: marker, sequence seen, incarnation, dead incarnation, claim ids.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local dead = ARGV[4]
for i = 5, #ARGV do
	redis.call('HDEL', P .. ':r:' .. dead, ARGV[i])
end
if redis.call('HLEN', P .. ':r:' .. dead) == 0 then
	redis.call('HDEL', P .. ':n', dead)
	redis.call('DEL', P .. ':d:' .. dead)
end
changes = 1
return done({''})
