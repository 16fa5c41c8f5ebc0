// Command metrics-server answers the autoscaler's question of how much its pods use.
package main

import (
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

func main() {
	if app.NewMetricsServerCommand(genericapiserver.SetupSignalHandler()).Execute() != nil {
		os.Exit(1)
	}
}
