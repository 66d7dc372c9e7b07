-- Gives tokens of a semaphore back.
--
-- ARGV: marker, sequence seen, name, id.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
changes = redis.call('HDEL', P .. ':s:' .. ARGV[3], ARGV[4])
return done({''})
