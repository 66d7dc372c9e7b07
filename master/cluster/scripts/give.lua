-- Gives tokens of a semaphore back.
--
-- ARGV: marker, sequence seen, incarnation, number of the connection (the same
-- may have been taken anew over a later one), name, id.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
if strays(ARGV[3], ARGV[4]) then return {'LOST'} end
changes = redis.call('HDEL', P .. ':s:' .. ARGV[5], ARGV[6])
return done({''})
