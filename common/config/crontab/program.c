/*
 * What a person would call a command: the program or script that it is about,
 * not what stands before it. Knows a shell's words well enough for that.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/crontab/name.h"

#define BLANKS    " \t\n"
#define WORDS_MAX 64 /* of a command; more say nothing new */
#define DEPTH_MAX 4  /* of commands in words, as of "sh -c" */

/* A command without its redirections, its words without their quotes. */
struct simple {
	char *text; /* owned; the words are in it */
	const char *words[WORDS_MAX];
	size_t n;
};

/* What runs another program, or a script. */
struct runner {
	const char *name;
	const char *values;  /* options that take the next word */
	const char *code;    /* options whose value is a program in itself */
	int operands;        /* words before the program */
	bool shell;          /* -c has a command */
	bool is_interpreter; /* what follows is a script, not a program */
};

static const struct runner runners[] = {
    {.name = "busybox"},
    {.name = "chronic"},
    {.name = "chroot", .operands = 1},
    {.name = "chrt", .values = "TPD", .operands = 1},
    {.name = "cronic"},
    {.name = "doas", .values = "uC"},
    {.name = "eatmydata"},
    {.name = "env", .values = "uC"},
    {.name = "exec", .values = "a"},
    {.name = "flock", .values = "wE", .operands = 1, .shell = true},
    {.name = "ionice", .values = "cnpPu"},
    {.name = "nice", .values = "n"},
    {.name = "nohup"},
    {.name = "run-one"},
    {.name = "runuser", .values = "ugGs", .operands = 1, .shell = true},
    {.name = "setsid"},
    {.name = "stdbuf", .values = "ioe"},
    {.name = "su", .values = "gGs", .operands = 1, .shell = true},
    {.name = "sudo", .values = "ugpCrtTUDhR"},
    {.name = "systemd-cat", .values = "tp"},
    {.name = "systemd-run", .values = "puHM"},
    {.name = "taskset", .operands = 1},
    {.name = "time", .values = "fo"},
    {.name = "timeout", .values = "ks", .operands = 1},
    {.name = "xvfb-run", .values = "nspew"},
    {.name = "bash", .values = "oO", .shell = true, .is_interpreter = true},
    {.name = "dash", .values = "o", .shell = true, .is_interpreter = true},
    {.name = "invoke-rc.d", .is_interpreter = true},
    {.name = "java", .values = "ph", .is_interpreter = true},
    {.name = "ksh", .values = "o", .shell = true, .is_interpreter = true},
    {.name = "lua", .values = "l", .code = "e", .is_interpreter = true},
    {.name = "node", .values = "r", .code = "ep", .is_interpreter = true},
    {.name = "perl", .values = "I", .code = "eE", .is_interpreter = true},
    {.name = "php", .values = "cdz", .code = "rBR", .is_interpreter = true},
    {.name = "python", .values = "WX", .code = "c", .is_interpreter = true},
    {.name = "Rscript", .code = "e", .is_interpreter = true},
    {.name = "ruby", .values = "ICr", .code = "e", .is_interpreter = true},
    {.name = "run-parts", .values = "au", .is_interpreter = true},
    {.name = "service", .is_interpreter = true},
    {.name = "sh", .values = "o", .shell = true, .is_interpreter = true},
    {.name = "zsh", .values = "o", .shell = true, .is_interpreter = true},
};

/* Commands that prepare, decide or tell, when there are others. */
static const char *const preparations[] = {".", ":", "[", "[[", "case", "cd",
    "command", "date", "echo", "export", "false", "for", "hash", "logger",
    "mkdir", "printf", "pushd", "set", "sleep", "source", "test", "trap",
    "true", "type", "ulimit", "umask", "unset", "wait", "which"};

static const char *const keywords[] = {"!", "{", "}", "do", "done", "elif",
    "else", "esac", "fi", "if", "then", "until", "while"};

/* Of scripts, which are called without it. */
static const char *const endings[] = {
    ".bash", ".cgi", ".jar", ".js", ".php", ".pl", ".py", ".rb", ".sh", ".zsh"};

static bool
is_one_of(const char *word, const char *const list[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* python3.11 is a python, php8.2 a php. */
static const struct runner *
find_runner(const char *program)
{
	for (size_t i = 0; i < nitems(runners); i++) {
		const struct runner *r = &runners[i];
		size_t len = strlen(r->name);

		if (strncmp(r->name, program, len) == 0 &&
		    strspn(program + len,
			r->is_interpreter ? "0123456789." : "") ==
			strlen(program + len))
			return r;
	}
	return NULL;
}

/* Behind "$(...)" or "`...`", whose first character is at p. */
static const char *
skip_substitution(const char *p)
{
	size_t open = 0;

	if (*p == '`') {
		p += 1 + strcspn(p + 1, "`");
		return p + (*p != '\0');
	}
	for (p++; *p != '\0'; p++) {
		if (*p == '(')
			open++;
		else if (*p == ')' && --open == 0)
			return p + 1;
	}
	return p;
}

static bool
is_substitution(const char *p)
{
	return *p == '`' || (p[0] == '$' && p[1] == '(');
}

/* Copies a word to *out without its quotes; what follows it. */
static const char *
take_word(const char *p, char **out)
{
	char quote = '\0';
	const char *end;

	for (; *p != '\0'; p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote == '\0' && strchr(BLANKS ";&|()<>", *p) != NULL)
			break;
		else if (quote != '\'' && is_substitution(p)) {
			end = skip_substitution(p);
			memcpy(*out, p, (size_t)(end - p));
			*out += end - p;
			p = end - 1;
		} else {
			if (quote != '\'' && *p == '\\' && p[1] != '\0')
				p++;
			*(*out)++ = *p;
		}
	}
	*(*out)++ = '\0';
	return p;
}

/* Behind a redirection and what it is to or from. */
static const char *
skip_redirection(const char *p)
{
	char *unused = xmalloc(strlen(p) + 1), *out = unused;

	p += strspn(p, "<>&|");
	p = take_word(p + strspn(p, BLANKS), &out);
	free(unused);
	return p;
}

static bool
is_redirection(const char *p)
{
	return *p == '<' || *p == '>' || (p[0] == '&' && p[1] == '>');
}

static void
add_word(struct simple *s, const char *word, const char *follows)
{
	bool is_number = word[strspn(word, "0123456789")] == '\0';

	/* The number of a descriptor. */
	if (is_number && *word != '\0' && (*follows == '<' || *follows == '>'))
		return;
	if (s->n < nitems(s->words))
		s->words[s->n++] = word;
}

/* In "[[ ... ]]" separators of commands are none. */
static bool
is_in_test(const struct simple *s)
{
	return s->n > 0 && strcmp(s->words[0], "[[") == 0 &&
	    strcmp(s->words[s->n - 1], "]]") != 0;
}

/* The next command of a line; what follows it. The caller frees s->text. */
static const char *
take_simple(struct simple *s, const char *p)
{
	const char *word;
	char *out;

	s->n = 0;
	s->text = out = xmalloc(strlen(p) + 1);
	for (p += strspn(p, BLANKS ";&|()"); *p != '\0';
	     p += strspn(p, BLANKS)) {
		if (is_redirection(p)) {
			p = skip_redirection(p);
		} else if (strchr(";&|()", *p) != NULL) {
			if (!is_in_test(s))
				break;
			p++;
		} else {
			word = out;
			p = take_word(p, &out);
			add_word(s, word, p);
		}
	}
	return p;
}

/* "NAME=VALUE". */
static bool
is_assignment(const char *word)
{
	size_t len = strspn(word,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_");

	return len > 0 && word[len] == '=';
}

/* Where a runner's words lead. */
struct target {
	size_t at;        /* the word of what it runs; s->n: there is none */
	const char *line; /* a command in one word; NULL none */
	const char *code; /* in the runner's own language; NULL none */
};

static bool
has_letter(const char *letters, char c)
{
	return letters != NULL && strchr(letters, c) != NULL;
}

static const char *
word_at(const struct simple *s, size_t i)
{
	return i < s->n ? s->words[i] : NULL;
}

/* Passes over options and operands, from the word behind the runner on. */
static struct target
follow(const struct runner *r, const struct simple *s, size_t i)
{
	int operands = r->operands;

	for (; i < s->n; i++) {
		const char *word = s->words[i];
		char letter = word[0] != '\0' ? word[strlen(word) - 1] : '\0';

		if (word[0] != '-') {
			if (operands-- == 0)
				break;
			continue;
		}
		if (word[1] == '-' || word[1] == '\0')
			continue;
		if (r->shell && letter == 'c')
			return (struct target){s->n, word_at(s, i + 1), NULL};
		if (has_letter(r->code, letter))
			return (struct target){s->n, NULL, word_at(s, i + 1)};
		if (!has_letter(r->values, letter) || i + 1 == s->n)
			continue;
		i++;
		/* runuser: then no word names the user. */
		if (letter == 'u')
			operands = 0;
	}
	return (struct target){i, NULL, NULL};
}

static char *find_name(const char *command, unsigned depth);

/*
 * The name of one command, from word i on; NULL: none that is worth it. The
 * caller frees it.
 */
static char *
name_simple(const struct simple *s, size_t i, unsigned depth)
{
	const struct runner *r;
	struct target target;
	const char *program;
	char *name;

	while (i < s->n &&
	    (is_one_of(s->words[i], keywords, nitems(keywords)) ||
		is_assignment(s->words[i])))
		i++;
	if (i == s->n)
		return NULL;
	program = base_of(s->words[i]);
	if (is_one_of(program, preparations, nitems(preparations)))
		return NULL;
	r = find_runner(program);
	if (r == NULL)
		return xstrdup(program);
	target = follow(r, s, i + 1);
	if (target.code != NULL && strstr(target.code, "sleep") != NULL)
		return NULL;
	if (target.line != NULL && depth < DEPTH_MAX)
		name = find_name(target.line, depth + 1);
	else if (r->is_interpreter && target.at < s->n)
		name = xstrdup(base_of(s->words[target.at]));
	else
		name = name_simple(s, target.at, depth);
	return name == NULL && r->is_interpreter ? xstrdup(program) : name;
}

/* Of the first command that is more than preparation; NULL: there is none. */
static char *
find_name(const char *command, unsigned depth)
{
	struct simple s;
	char *name = NULL;

	while (name == NULL && *command != '\0') {
		command = take_simple(&s, command);
		name = name_simple(&s, 0, depth);
		free(s.text);
	}
	return name;
}

/* The first word, of a command that is all preparation. */
static char *
first_name(const char *command)
{
	struct simple s;
	char *name;

	take_simple(&s, command);
	name = xstrdup(s.n > 0 ? base_of(s.words[0]) : "");
	free(s.text);
	return name;
}

static void
cut_ending(char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < nitems(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(name + len - n, endings[i]) == 0)
			name[len - n] = '\0';
	}
}

/* With what names may have, a dot not being of it, and not around it. */
static void
clean(const char *name, char program[CRONTAB_PROGRAM_MAX + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";
	size_t n = 0;

	for (; *name != '\0' && n < CRONTAB_PROGRAM_MAX; name++) {
		bool is_good = strchr(letters, *name) != NULL;

		if (n > 0 || (is_good && *name != '_' && *name != '-'))
			program[n++] = is_good ? *name :
			    *name == '.'       ? '-' :
						 '_';
	}
	while (n > 0 && (program[n - 1] == '_' || program[n - 1] == '-'))
		n--;
	program[n] = '\0';
	if (n == 0)
		memcpy(program, "job", sizeof("job"));
}

void
crontab_program(const char *command, char program[CRONTAB_PROGRAM_MAX + 1])
{
	char *name = find_name(command, 0);

	if (name == NULL)
		name = first_name(command);
	cut_ending(name);
	clean(name, program);
	free(name);
}
