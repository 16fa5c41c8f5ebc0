import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.node.DiscoveryNodes;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.settings.SettingsFilter;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.env.Environment;
import org.opensearch.index.mapper.FlatObjectFieldMapper;
import org.opensearch.index.mapper.Mapper;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.MapperPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestChannel;
import org.opensearch.rest.RestController;
import org.opensearch.rest.RestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.Netty4Plugin;
import org.opensearch.client.node.NodeClient;

/** An embedded OpenSearch node, alone, without security: arguments are its directory, its address and its HTTP port. */
public final class SearchNode extends Node {
  private SearchNode(Environment environment) {
    super(environment, List.of(Netty4Plugin.class, AsElasticsearch.class), false);
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    Settings settings =
        Settings.builder()
            .put("cluster.name", "lab")
            .put("node.name", "search")
            .put("path.home", directory)
            .put("path.data", directory.resolve("data"))
            .put("path.logs", directory)
            .put("network.host", arguments[1])
            .put("http.port", arguments[2])
            .put("transport.type", "netty4")
            .put("http.type", "netty4")
            .put("transport.port", "0")
            .put("discovery.type", "single-node")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            // Clients of Elasticsearch take a 2 for what they no longer speak.
            .put("compatibility.override_main_response_version", true)
            .build();
    SearchNode node =
        new SearchNode(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "search"));
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    node.close();
                  } catch (Exception error) {
                    error.printStackTrace();
                  }
                  closed.countDown();
                }));
    node.start();
    closed.await();
  }

  /** What shippers for Elasticsearch ask for and OpenSearch has under another name, or not at all. */
  public static final class AsElasticsearch extends Plugin implements ActionPlugin, MapperPlugin {
    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
      return Map.of("flattened", FlatObjectFieldMapper.PARSER);
    }

    @Override
    public List<RestHandler> getRestHandlers(
        Settings settings,
        RestController controller,
        ClusterSettings clusterSettings,
        IndexScopedSettings indexScopedSettings,
        SettingsFilter settingsFilter,
        IndexNameExpressionResolver resolver,
        Supplier<DiscoveryNodes> nodes) {
      return List.of(new License(), new IlmStandIn());
    }

    /** The setting by which an index names its policy of ILM. */
    @Override
    public List<Setting<?>> getSettings() {
      return List.of(
          Setting.simpleString(
              "index.lifecycle.name", Setting.Property.Dynamic, Setting.Property.IndexScope));
    }
  }

  /** Takes policies of ILM, which OpenSearch does not have, and gives them back. It deletes nothing. */
  private static final class IlmStandIn extends BaseRestHandler {
    private final Map<String, String> policies = new ConcurrentHashMap<>();

    @Override
    public String getName() {
      return "ilm_stand_in";
    }

    @Override
    public List<Route> routes() {
      return List.of(
          new Route(RestRequest.Method.PUT, "/_ilm/policy/{name}"),
          new Route(RestRequest.Method.GET, "/_ilm/policy/{name}"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
      String name = request.param("name");
      if (request.method() == RestRequest.Method.PUT) {
        policies.put(name, request.requiredContent().utf8ToString());
        return channel -> answer(channel, RestStatus.OK, "{\"acknowledged\":true}");
      }
      String policy = policies.get(name);
      return channel -> {
        if (policy == null) {
          answer(channel, RestStatus.NOT_FOUND, "{\"error\":\"no such policy\"}");
        } else {
          answer(channel, RestStatus.OK, "{\"" + name + "\":" + policy + "}");
        }
      };
    }
  }

  private static void answer(RestChannel channel, RestStatus status, String text) {
    channel.sendResponse(new BytesRestResponse(status, "application/json", text));
  }

  private static final class License extends BaseRestHandler {
    @Override
    public String getName() {
      return "license";
    }

    @Override
    public List<Route> routes() {
      return List.of(new Route(RestRequest.Method.GET, "/_license"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
      String text = "{\"license\":{\"uid\":\"lab\",\"type\":\"basic\",\"status\":\"active\"}}";
      return channel -> answer(channel, RestStatus.OK, text);
    }
  }
}
