-- Gives tokens of a semaphore back.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection (the
-- same may have been taken anew over a later one), name, id.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
if strays(inc, ARGV[5]) then return {'LOST'} end
changes = redis.call('HDEL', P .. ':s:' .. ARGV[6], ARGV[7])
return done({''})
