#include "fake.h"

#include <assert.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

static lua_State *lua;
static int compiled[SCRIPTS_COUNT];
static struct fake *current;
static int64_t current_us;

/* ------------------------------------------------------------------ keys */

static void
key_clear(struct fake_key *key)
{
	for (size_t i = 0; i < key->n; i++) {
		free(key->fields[i].name);
		free(key->fields[i].value);
	}
	free(key->fields);
	free(key->name);
}

void
fake_clear(struct fake *fake)
{
	for (size_t i = 0; i < fake->n; i++)
		key_clear(&fake->keys[i]);
	free(fake->keys);
	*fake = (struct fake){0};
}

static struct fake_key *
find(const struct fake *fake, const char *name)
{
	for (size_t i = 0; i < fake->n; i++)
		if (strcmp(fake->keys[i].name, name) == 0)
			return &fake->keys[i];
	return NULL;
}

const struct fake_key *
fake_find(const struct fake *fake, const char *name)
{
	return find(fake, name);
}

static struct fake_key *
make(struct fake *fake, const char *name)
{
	struct fake_key *key = find(fake, name);

	if (key != NULL)
		return key;
	array_reserve(
	    &fake->keys, &fake->cap, fake->n + 1, sizeof(*fake->keys));
	key = &fake->keys[fake->n++];
	*key = (struct fake_key){.name = xstrdup(name)};
	return key;
}

static void
drop(struct fake *fake, struct fake_key *key)
{
	key_clear(key);
	*key = fake->keys[--fake->n];
}

static struct fake_field *
field_of(const struct fake_key *key, const char *name)
{
	for (size_t i = 0; key != NULL && i < key->n; i++)
		if (strcmp(key->fields[i].name, name) == 0)
			return &key->fields[i];
	return NULL;
}

static bool
set(struct fake_key *key, const char *name, const char *value)
{
	struct fake_field *field = field_of(key, name);

	if (field != NULL) {
		free(field->value);
		field->value = xstrdup(value);
		return false;
	}
	array_reserve(
	    &key->fields, &key->cap, key->n + 1, sizeof(*key->fields));
	key->fields[key->n++] =
	    (struct fake_field){xstrdup(name), xstrdup(value)};
	return true;
}

static bool
unset(struct fake_key *key, const char *name)
{
	struct fake_field *field = field_of(key, name);

	if (field == NULL)
		return false;
	free(field->name);
	free(field->value);
	/* In order, as a small hash of Redis keeps it. */
	memmove(field, field + 1,
	    (size_t)(key->fields + --key->n - field) * sizeof(*field));
	return true;
}

void
fake_copy(struct fake *to, const struct fake *from)
{
	fake_clear(to);
	for (size_t i = 0; i < from->n; i++) {
		struct fake_key *key = make(to, from->keys[i].name);

		for (size_t k = 0; k < from->keys[i].n; k++)
			set(key, from->keys[i].fields[k].name,
			    from->keys[i].fields[k].value);
	}
}

const char *
fake_get(const struct fake *fake, const char *key, const char *name)
{
	const struct fake_field *field = field_of(find(fake, key), name);

	return field != NULL ? field->value : NULL;
}

/* -------------------------------------------------------------- commands */

static void
push(const struct fake_field *field)
{
	if (field != NULL)
		lua_pushstring(lua, field->value);
	else
		lua_pushboolean(lua, 0);
}

static int
do_time(struct fake_key *key, int n)
{
	char text[32];

	lua_createtable(lua, 2, 0);
	snprintf(text, sizeof(text), "%" PRId64, current_us / 1000000);
	lua_pushstring(lua, text);
	lua_rawseti(lua, -2, 1);
	snprintf(text, sizeof(text), "%" PRId64, current_us % 1000000);
	lua_pushstring(lua, text);
	lua_rawseti(lua, -2, 2);
	return 1;
}

static int
do_get(struct fake_key *key, int n)
{
	push(field_of(key, ""));
	return 1;
}

static int
do_hget(struct fake_key *key, int n)
{
	push(field_of(key, lua_tostring(lua, 3)));
	return 1;
}

static int
do_hexists(struct fake_key *key, int n)
{
	lua_pushinteger(lua, field_of(key, lua_tostring(lua, 3)) != NULL);
	return 1;
}

static int
do_hmget(struct fake_key *key, int n)
{
	lua_createtable(lua, n - 2, 0);
	for (int i = 3; i <= n; i++) {
		push(field_of(key, lua_tostring(lua, i)));
		lua_rawseti(lua, -2, i - 2);
	}
	return 1;
}

static int
do_hgetall(struct fake_key *key, int n)
{
	lua_newtable(lua);
	for (size_t i = 0; key != NULL && i < key->n; i++) {
		lua_pushstring(lua, key->fields[i].name);
		lua_rawseti(lua, -2, (int)(2 * i + 1));
		lua_pushstring(lua, key->fields[i].value);
		lua_rawseti(lua, -2, (int)(2 * i + 2));
	}
	return 1;
}

static int
do_hlen(struct fake_key *key, int n)
{
	lua_pushinteger(lua, key != NULL ? (lua_Integer)key->n : 0);
	return 1;
}

static int
do_hset(struct fake_key *key, int n)
{
	int added = 0;

	assert(n % 2 == 0);
	key = make(current, lua_tostring(lua, 2));
	for (int i = 3; i < n; i += 2)
		added +=
		    set(key, lua_tostring(lua, i), lua_tostring(lua, i + 1));
	lua_pushinteger(lua, added);
	return 1;
}

static int
do_hsetnx(struct fake_key *key, int n)
{
	if (field_of(key, lua_tostring(lua, 3)) != NULL) {
		lua_pushinteger(lua, 0);
		return 1;
	}
	return do_hset(key, n);
}

static int
do_setnx(struct fake_key *key, int n)
{
	if (key == NULL)
		set(make(current, lua_tostring(lua, 2)), "",
		    lua_tostring(lua, 3));
	lua_pushinteger(lua, key == NULL);
	return 1;
}

static int
do_hdel(struct fake_key *key, int n)
{
	int gone = 0;

	for (int i = 3; key != NULL && i <= n; i++)
		gone += unset(key, lua_tostring(lua, i));
	if (key != NULL && key->n == 0)
		drop(current, key);
	lua_pushinteger(lua, gone);
	return 1;
}

/* A set is a hash, too. */
static int
do_sadd(struct fake_key *key, int n)
{
	set(make(current, lua_tostring(lua, 2)), lua_tostring(lua, 3), "");
	lua_pushinteger(lua, 1);
	return 1;
}

static int
do_smembers(struct fake_key *key, int n)
{
	lua_newtable(lua);
	for (size_t i = 0; key != NULL && i < key->n; i++) {
		lua_pushstring(lua, key->fields[i].name);
		lua_rawseti(lua, -2, (int)(i + 1));
	}
	return 1;
}

static int
do_exists(struct fake_key *key, int n)
{
	lua_pushinteger(lua, key != NULL);
	return 1;
}

static int
do_del(struct fake_key *key, int n)
{
	lua_pushinteger(lua, key != NULL);
	if (key != NULL)
		drop(current, key);
	return 1;
}

static int
do_incrby(struct fake_key *key, int n)
{
	const struct fake_field *field = field_of(key, "");
	int64_t v = field != NULL ? strtoll(field->value, NULL, 10) : 0;
	char text[32];

	v += strtoll(lua_tostring(lua, 3), NULL, 10);
	snprintf(text, sizeof(text), "%" PRId64, v);
	set(make(current, lua_tostring(lua, 2)), "", text);
	lua_pushinteger(lua, (lua_Integer)v);
	return 1;
}

static int
do_scan(struct fake_key *key, int n)
{
	const char *glob = lua_tostring(lua, 4);
	size_t prefix = strlen(glob) - 1;
	int found = 0;

	lua_createtable(lua, 2, 0);
	lua_pushliteral(lua, "0");
	lua_rawseti(lua, -2, 1);
	lua_newtable(lua);
	for (size_t i = 0; i < current->n; i++) {
		if (strncmp(current->keys[i].name, glob, prefix) != 0)
			continue;
		lua_pushstring(lua, current->keys[i].name);
		lua_rawseti(lua, -2, ++found);
	}
	lua_rawseti(lua, -2, 2);
	return 1;
}

static int
do_nothing(struct fake_key *key, int n)
{
	lua_pushinteger(lua, 0);
	return 1;
}

static int
do_empty(struct fake_key *key, int n)
{
	lua_newtable(lua);
	return 1;
}

static const struct {
	const char *name;
	int (*run)(struct fake_key *key, int n);
} commands[] = {
    {"HMGET", do_hmget},
    {"HSET", do_hset},
    {"HGET", do_hget},
    {"GET", do_get},
    {"TIME", do_time},
    {"INCRBY", do_incrby},
    {"HDEL", do_hdel},
    {"HGETALL", do_hgetall},
    {"HLEN", do_hlen},
    {"HEXISTS", do_hexists},
    {"HSETNX", do_hsetnx},
    {"SETNX", do_setnx},
    {"DEL", do_del},
    {"SCAN", do_scan},
    {"EXPIRE", do_nothing}, /* keys that outlive the model */
    {"LRANGE", do_empty},   /* no messages */
    {"SADD", do_sadd},
    {"SREM", do_hdel},
    {"SMEMBERS", do_smembers},
    {"EXISTS", do_exists},
};

/* redis.call */
static int
call(lua_State *l)
{
	const char *name = lua_tostring(l, 1);
	int n = lua_gettop(l);
	struct fake_key *key;

	for (size_t i = 0; i < nitems(commands); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		key = n >= 2 ? find(current, lua_tostring(l, 2)) : NULL;
		return commands[i].run(key, n);
	}
	return luaL_error(l, "the model has no %s", name);
}

/* --------------------------------------------------------------- scripts */

static void
add_file(struct strbuf *text, const char *folder, const char *name,
    const char *without)
{
	char *path = xasprintf("%s/%s.lua", folder, name);
	char *mark = xasprintf("--@%s\n", without != NULL ? without : "");
	FILE *f = fopen(path, "re");
	char line[512];

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof(line), f) != NULL)
		if (without == NULL || strstr(line, mark) == NULL)
			strbuf_adds(text, line);
	fclose(f);
	free(mark);
	free(path);
}

void
fake_load(const char *folder, const char *without)
{
	lua = luaL_newstate();
	luaL_openlibs(lua);
	lua_newtable(lua);
	lua_pushcfunction(lua, call);
	lua_setfield(lua, -2, "call");
	lua_setglobal(lua, "redis");
	for (int i = 0; i < SCRIPTS_COUNT; i++) {
		struct strbuf text = STRBUF_INIT;

		add_file(&text, folder, "head", without);
		add_file(&text, folder, scripts[i].name, without);
		if (luaL_loadbuffer(lua, text.s, text.len, scripts[i].name) !=
		    0) {
			fprintf(stderr, "%s\n", lua_tostring(lua, -1));
			exit(2);
		}
		compiled[i] = luaL_ref(lua, LUA_REGISTRYINDEX);
		strbuf_fini(&text);
	}
}

void
fake_unload(void)
{
	lua_close(lua);
}

static void
take_reply(struct fake_reply *reply)
{
	reply->n = lua_objlen(lua, -1);
	reply->s = xcalloc(reply->n + 1, sizeof(*reply->s));
	for (size_t i = 0; i < reply->n; i++) {
		lua_rawgeti(lua, -1, (int)i + 1);
		reply->s[i] = xstrdup(lua_tostring(lua, -1));
		lua_pop(lua, 1);
	}
	lua_pop(lua, 1);
}

void
fake_run(struct fake *fake, enum script_id script, const char *key,
    const struct args *args, int64_t us, struct fake_reply *reply_r)
{
	current = fake;
	current_us = us;
	lua_createtable(lua, 1, 0);
	lua_pushstring(lua, key);
	lua_rawseti(lua, -2, 1);
	lua_setglobal(lua, "KEYS");
	lua_createtable(lua, (int)args->n, 0);
	for (size_t i = 0; i < args->n; i++) {
		lua_pushstring(lua, args_get(args, i));
		lua_rawseti(lua, -2, (int)i + 1);
	}
	lua_setglobal(lua, "ARGV");
	lua_rawgeti(lua, LUA_REGISTRYINDEX, compiled[script]);
	if (lua_pcall(lua, 0, 1, 0) != 0) {
		fprintf(stderr, "%s\n", lua_tostring(lua, -1));
		abort();
	}
	take_reply(reply_r);
}

void
fake_reply_free(struct fake_reply *reply)
{
	for (size_t i = 0; i < reply->n; i++)
		free(reply->s[i]);
	free(reply->s);
	*reply = (struct fake_reply){0};
}
