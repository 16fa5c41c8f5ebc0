import java.util.TreeSet;
import kafka.server.DynamicBrokerConfig;
import scala.jdk.javaapi.CollectionConverters;

/** Prints every property that a broker takes while it runs, as the broker's own class has them. */
class DynamicProperties {
  public static void main(String[] arguments) {
    new TreeSet<>(CollectionConverters.asJava(DynamicBrokerConfig.AllDynamicConfigs())).forEach(System.out::println);
  }
}
