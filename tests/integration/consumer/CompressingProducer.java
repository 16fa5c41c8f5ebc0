import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends values {"n":0} to {"n":COUNT-1} in batches of many: SERVERS COUNT, and CODEC TOPIC for each codec. */
class CompressingProducer {
  public static void main(String[] args) throws Exception {
    for (int pair = 2; pair < args.length; pair += 2) {
      Properties properties = new Properties();
      properties.put("bootstrap.servers", args[0]);
      properties.put("compression.type", args[pair]);
      properties.put("linger.ms", "200");
      properties.put("batch.size", "900000");
      try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
        for (int n = 0; n < Integer.parseInt(args[1]); n++) {
          producer.send(new ProducerRecord<>(args[pair + 1], 0, null, "{\"n\":" + n + "}"));
        }
      }
    }
  }
}
