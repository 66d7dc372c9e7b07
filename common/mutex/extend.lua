-- ARGV: value, expiry ms. OK, or LOST. What has expired is not made again:
-- another may have held it since.
if not mine then return 'LOST' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'OK'
