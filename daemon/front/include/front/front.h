#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

/* Runs the role on the supervisor's channel until that ends; returns the exit status. */
int front_main(int supervisor_fd);

#endif
