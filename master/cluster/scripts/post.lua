-- Puts a message into a node's box and wakes the node.
--
-- ARGV: marker, sequence seen, node, message id, sender, text.
--
-- OK, or FULL: the node has not emptied its box for long.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local key = P .. ':b:' .. ARGV[3]
if redis.call('LLEN', key) >= 1000 then return {'FULL'} end
redis.call('RPUSH', key, ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. ARGV[6])
redis.call('EXPIRE', key, 86400)
redis.call('PUBLISH', P .. ':w:' .. ARGV[3], ARGV[4])
changes = 1
return done({''})
