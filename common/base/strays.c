#include "base/strays.h"

#include <signal.h>
#include <stddef.h>

#include "base/mem.h"

void
strays_ignore(void)
{
	static const int strays[] = {
	    SIGPIPE,
	    SIGALRM,
	    SIGVTALRM,
	    SIGPROF,
	    SIGIO,
	    SIGXFSZ,
	};

	for (size_t i = 0; i < nitems(strays); i++)
		signal(strays[i], SIG_IGN);
}
