-- A new marker for a server that is about to be read in place of one that has
-- forgotten: what hosts were told under the old one counts no more.
--
-- ARGV: marker, sequence seen, new marker.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
redis.call('HSET', P .. ':i', 'm', ARGV[3])
changes = 1
return done({''})
