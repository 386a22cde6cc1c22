// act, which runs workflows of GitHub on a machine of our own, by its own command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/nektos/act/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd.Execute(ctx, "of the test stack")
}
