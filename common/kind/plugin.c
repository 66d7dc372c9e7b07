#include "kind/plugin.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"

#define SMALL  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

bool
plugin_is_name(const char *name)
{
	static const char letters[] =
	    SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_-";
	size_t n = strspn(name, letters);

	return n > 0 && n <= PLUGIN_NAME_MAX && name[n] == '\0' && *name != '-';
}

int
plugin_check_name(const char *name, struct err *err)
{
	if (plugin_is_name(name))
		return 0;
	return err_set(err,
	    "write the name of a plugin: letters, digits, _ and -, at most %d",
	    PLUGIN_NAME_MAX);
}

bool
plugin_is_param_name(const char *name)
{
	size_t n = strspn(name, SMALL DIGITS "-");

	return n > 0 && n <= PLUGIN_NAME_MAX && name[n] == '\0' &&
	    *name >= 'a' && *name <= 'z';
}

static bool
is_variable_of(const char *param, const char *variable, size_t n)
{
	size_t i;

	for (i = 0; i < n && param[i] != '\0'; i++)
		if (variable[i] != (param[i] == '-' ? '_' : param[i]))
			return false;
	return i == n && param[i] == '\0';
}

const struct plugin_param *
plugin_param_of_variable(const struct plugin_info *info, const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < info->nparams; i++)
		if (is_variable_of(info->params[i].name, variable, n))
			return &info->params[i];
	return NULL;
}

const struct plugin_param *
plugin_param_find(const struct plugin_info *info, const char *name)
{
	for (size_t i = 0; i < info->nparams; i++)
		if (strcmp(info->params[i].name, name) == 0)
			return &info->params[i];
	return NULL;
}

static bool
has_range(const struct plugin_param *param)
{
	return param->min != 0 || param->max != 0;
}

static bool
is_in_range(const struct plugin_param *param, int64_t n)
{
	return !has_range(param) || (n >= param->min && n <= param->max);
}

static int
parse_text(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	if (!is_in_range(param, (int64_t)strlen(value)))
		return err_set(err,
		    "a text of %" PRId64 " to %" PRId64 " bytes is needed",
		    param->min, param->max);
	return 0;
}

static int
parse_integer(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	size_t sign = *value == '-', len = strspn(value + sign, DIGITS);

	errno = 0;
	value_r->integer = strtoll(value, NULL, 10);
	if (len > 0 && value[sign + len] == '\0' && errno == 0 &&
	    is_in_range(param, value_r->integer))
		return 0;
	if (!has_range(param))
		return err_set(err, "write a number");
	if (param->max == INT64_MAX)
		return err_set(
		    err, "write a number of at least %" PRId64, param->min);
	return err_set(err, "write a number from %" PRId64 " to %" PRId64,
	    param->min, param->max);
}

static int
parse_number(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	char *end;

	value_r->number = strtod(value, &end);
	if (end != value && *end == '\0' && isfinite(value_r->number) &&
	    strspn(value, DIGITS ".-+eE") == strlen(value) &&
	    (!has_range(param) ||
		(value_r->number >= (double)param->min &&
		    value_r->number <= (double)param->max)))
		return 0;
	if (!has_range(param))
		return err_set(err, "write a number, such as 1.5");
	return err_set(err,
	    "write a number from %" PRId64 " to %" PRId64 ", such as 1.5",
	    param->min, param->max);
}

static int
parse_flag(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	value_r->integer = strcmp(value, "yes") == 0;
	if (value_r->integer == 1 || strcmp(value, "no") == 0)
		return 0;
	return err_set(err, "write yes or no");
}

static int
parse_duration(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];

	if (duration_parse_ms(value, &value_r->integer, err) == -1)
		return -1;
	if (is_in_range(param, value_r->integer))
		return 0;
	return err_set(err, "write a duration from %s to %s",
	    duration_format_ms(least, param->min),
	    duration_format_ms(most, param->max));
}

static int
parse_size(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	char least[SIZE_TEXT_MAX], most[SIZE_TEXT_MAX];
	uint64_t bytes;

	if (size_parse(value, &bytes, err) == -1)
		return -1;
	value_r->integer = (int64_t)bytes;
	if (bytes <= INT64_MAX && is_in_range(param, value_r->integer))
		return 0;
	return err_set(err, "write a size from %s to %s",
	    size_format(least, (uint64_t)param->min),
	    size_format(
		most, has_range(param) ? (uint64_t)param->max : INT64_MAX));
}

static int
parse_word(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	size_t n = strlen(value), len;

	for (const char *p = param->words; *p != '\0'; p += len) {
		p += *p == ' ';
		len = strcspn(p, " ");
		if (len == n && len > 0 && strncmp(p, value, n) == 0)
			return 0;
	}
	return err_set(err, "write one of: %s", param->words);
}

static int (*const parsers[])(const struct plugin_param *param,
    const char *value, struct plugin_value *value_r, struct err *err) = {
    [PLUGIN_TEXT] = parse_text,
    [PLUGIN_INTEGER] = parse_integer,
    [PLUGIN_NUMBER] = parse_number,
    [PLUGIN_FLAG] = parse_flag,
    [PLUGIN_DURATION] = parse_duration,
    [PLUGIN_SIZE] = parse_size,
    [PLUGIN_WORD] = parse_word,
};

#define TYPES (sizeof(parsers) / sizeof(parsers[0]))

int
plugin_value_parse(const struct plugin_param *param, const char *value,
    struct plugin_value *value_r, struct err *err)
{
	struct plugin_value unused;

	if (value_r == NULL)
		value_r = &unused;
	memset(value_r, 0, sizeof(*value_r));
	value_r->text = value;
	return parsers[param->type](param, value, value_r, err);
}

static bool
is_line(const char *text)
{
	size_t n = strnlen(text, PLUGIN_TEXT_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return n <= PLUGIN_TEXT_MAX;
}

static int
check_param(const struct plugin_info *info, size_t i, struct err *err)
{
	const struct plugin_param *param = &info->params[i];
	struct err why;

	if (!plugin_is_param_name(param->name))
		return err_set(err,
		    "parameter %zu: a name has small letters, digits and -, "
		    "at most %d",
		    i + 1, PLUGIN_NAME_MAX);
	if (plugin_param_find(info, param->name) != param)
		return err_set(err, "there are two parameters %s", param->name);
	if (param->type == 0 || param->type >= TYPES)
		return err_set(err, "parameter %s: there is no type %d",
		    param->name, param->type);
	if (param->min > param->max)
		return err_set(
		    err, "parameter %s: min is above max", param->name);
	if (!is_line(param->help) || !is_line(param->words) ||
	    (param->fallback != NULL && !is_line(param->fallback)))
		return err_set(err,
		    "parameter %s: a text is one line of at most %d bytes",
		    param->name, PLUGIN_TEXT_MAX);
	if (param->fallback != NULL &&
	    plugin_value_parse(param, param->fallback, NULL, &why) == -1)
		return err_set(err, "parameter %s: its fallback is wrong: %s",
		    param->name, why.text);
	return 0;
}

int
plugin_info_check(const struct plugin_info *info, struct err *err)
{
	if (!plugin_is_name(info->name))
		return err_set(err,
		    "a plugin's name has letters, digits, _ and -, at most %d",
		    PLUGIN_NAME_MAX);
	if (!is_line(info->help) || !is_line(info->schedule))
		return err_set(err,
		    "help and schedule are one line of at most %d bytes",
		    PLUGIN_TEXT_MAX);
	for (size_t i = 0; i < info->nparams; i++)
		if (check_param(info, i, err) == -1)
			return -1;
	return 0;
}

void
plugin_info_encode(const struct plugin_info *info, struct wire_writer *w)
{
	wire_put_str(w, info->name);
	wire_put_str(w, info->help);
	wire_put_str(w, info->schedule);
	wire_put_u32(w, info->flags);
	wire_put_u32(w, (uint32_t)info->nparams);
	for (size_t i = 0; i < info->nparams; i++) {
		const struct plugin_param *param = &info->params[i];

		wire_put_str(w, param->name);
		wire_put_u8(w, param->type);
		wire_put_i64(w, param->min);
		wire_put_i64(w, param->max);
		wire_put_u8(w, param->fallback != NULL);
		wire_put_str(w, param->fallback);
		wire_put_str(w, param->help);
		wire_put_str(w, param->words);
	}
}

static void
get_param(struct plugin_param *param, struct wire_reader *r)
{
	bool has_fallback;

	param->name = wire_get_str(r);
	param->type = wire_get_u8(r);
	param->min = wire_get_i64(r);
	param->max = wire_get_i64(r);
	has_fallback = wire_get_u8(r);
	param->fallback = wire_get_str(r);
	if (!has_fallback)
		param->fallback = NULL;
	param->help = wire_get_str(r);
	param->words = wire_get_str(r);
}

int
plugin_info_decode(
    struct plugin_info *info, struct wire_reader *r, struct err *err)
{
	memset(info, 0, sizeof(*info));
	info->name = wire_get_str(r);
	info->help = wire_get_str(r);
	info->schedule = wire_get_str(r);
	info->flags = wire_get_u32(r);
	info->nparams = wire_get_count(r, 36);
	if (info->nparams > PLUGIN_PARAMS_MAX)
		return err_set(err, "a plugin has at most %d parameters",
		    PLUGIN_PARAMS_MAX);
	for (size_t i = 0; i < info->nparams; i++)
		get_param(&info->params[i], r);
	if (!wire_ok(r))
		return err_set(err, "its description is malformed");
	return plugin_info_check(info, err);
}
