#ifndef STORE_STORE_H
#define STORE_STORE_H

/* Each runs its role on the supervisor's channel until that ends; returns the exit status. */
int store_main(int supervisor_fd);
int checkpoint_main(int supervisor_fd);

#endif
