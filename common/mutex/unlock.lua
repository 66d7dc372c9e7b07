-- ARGV: value. OK, or LOST: it is another's, or nobody's.
if not mine then return 'LOST' end
redis.call('DEL', KEYS[1])
return 'OK'
