/*
 * Signals that nobody has a reason to send us, and whose default is to end a
 * process: a timer's, that of a file that may not grow (write() says so), of
 * descriptors, of a pipe. A daemon and its roles outlive them.
 */
#ifndef BELFRY_BASE_STRAYS_H
#define BELFRY_BASE_STRAYS_H

/*
 * Ignores them. Ignored signals survive an exec: what is executed for others
 * has to reset them.
 */
void strays_ignore(void);

#endif
