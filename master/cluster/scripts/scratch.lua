-- A claim that stands for nothing, to see that this server keeps what it
-- answers. It is asked twice, in two calls.
--
-- ARGV: a name that nobody had before, how long it is kept in ms. OK, or TAKEN.
local key = P .. ':t:' .. ARGV[1]
if redis.call('EXISTS', key) == 1 then return {'TAKEN'} end
redis.call('SET', key, '', 'PX', ARGV[2])
return {'OK'}
