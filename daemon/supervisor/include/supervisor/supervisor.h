#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

/* Everything that `clariond` does without --role: options, checks, then the family of roles until it is told
 * to stop. Returns the exit status. */
int supervisor_main(int argc, char **argv);

#endif
