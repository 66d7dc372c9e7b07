#include "config/job/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What a shell treats as more than a part of a word. */
#define SHELL_CHARS "#;\"*?[]&|<>(){}$`^~!\\'\n\r"

/*
 * Reserved words and builtins of POSIX, dash, bash, ksh and zsh. true and
 * false are left out: the programs are the same.
 */
static const char *const shell_words[] = {"!", ".", ":", "[", "[[", "]]",
    "alias", "autoload", "bg", "bind", "break", "builtin", "caller", "case",
    "cd", "chdir", "command", "compgen", "complete", "compopt", "continue",
    "coproc", "declare", "dirs", "disown", "do", "done", "echo", "elif", "else",
    "enable", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi",
    "float", "for", "foreach", "function", "getopts", "hash", "help", "history",
    "if", "in", "integer", "jobs", "kill", "let", "local", "logout", "mapfile",
    "nocorrect", "noglob", "popd", "print", "printf", "pushd", "pwd", "read",
    "readarray", "readonly", "repeat", "return", "select", "set", "setopt",
    "shift", "shopt", "source", "suspend", "test", "then", "time", "times",
    "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset",
    "unsetopt", "until", "wait", "whence", "where", "which", "while",
    "zmodload", "{", "}"};

static bool
is_shell_word(const char *word, size_t len)
{
	for (size_t i = 0; i < nitems(shell_words); i++)
		if (shell_words[i][0] == word[0] &&
		    strncmp(shell_words[i], word, len) == 0 &&
		    shell_words[i][len] == '\0')
			return true;
	return false;
}

static bool
is_known_shell(const char *shell)
{
	static const char *const known[] = {"sh", "bash", "dash", "ksh", "zsh"};
	const char *slash = strrchr(shell, '/');
	const char *name = slash != NULL ? slash + 1 : shell;

	for (size_t i = 0; i < nitems(known); i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}

bool
job_command_is_direct(const char *command, const char *shell)
{
	const char *word = command + strspn(command, " \t");
	size_t len = strcspn(word, " \t");

	if (strcmp(shell, "none") == 0)
		return true;
	if (len == 0 || command[strcspn(command, SHELL_CHARS)] != '\0')
		return false;
	if (memchr(word, '=', len) != NULL || is_shell_word(word, len))
		return false;
	return is_known_shell(shell);
}

struct splitter {
	const char *start, *p;
	char *out;
};

/* p is behind the quote. 0, or -1 when it is not closed. */
static int
copy_quoted(struct splitter *s, char quote, struct err *err)
{
	int column = (int)(s->p - s->start);

	for (; *s->p != quote; s->p++) {
		if (*s->p == '\0')
			return err_set(err,
			    "column %d: this %s quote is "
			    "not closed",
			    column, quote == '"' ? "double" : "single");
		/* In double quotes a backslash stands before these alone. */
		if (quote == '"' && *s->p == '\\' && s->p[1] != '\0' &&
		    strchr("$`\"\\", s->p[1]) != NULL)
			s->p++;
		*s->out++ = *s->p;
	}
	s->p++;
	return 0;
}

/* One word, and a NUL behind it. */
static int
copy_word(struct splitter *s, struct err *err)
{
	while (*s->p != '\0' && *s->p != ' ' && *s->p != '\t') {
		char c = *s->p++;

		if (c == '\'' || c == '"') {
			if (copy_quoted(s, c, err) == -1)
				return -1;
			continue;
		}
		if (c == '\\') {
			if (*s->p == '\0')
				return err_set(err,
				    "column %d: a backslash "
				    "at the end stands "
				    "before nothing",
				    (int)(s->p - s->start));
			c = *s->p++;
		}
		*s->out++ = c;
	}
	*s->out++ = '\0';
	return 0;
}

char **
job_command_split(const char *command, uint32_t *n_r, struct err *err)
{
	/* Each word has a blank or the end behind it, so this is enough. */
	size_t len = strlen(command), most = len / 2 + 2;
	char **words = xmalloc(most * sizeof(*words) + len + 1);
	struct splitter s = {
	    .start = command,
	    .p = command + strspn(command, " \t"),
	    .out = (char *)(words + most),
	};
	uint32_t n = 0;

	while (*s.p != '\0') {
		words[n++] = s.out;
		if (copy_word(&s, err) == -1) {
			free(words);
			return NULL;
		}
		s.p += strspn(s.p, " \t");
	}
	if (n == 0) {
		free(words);
		err_set(err, "column 1: a program is missing");
		return NULL;
	}
	words[n] = NULL;
	*n_r = n;
	return words;
}
