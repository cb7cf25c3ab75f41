import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** Nanoseconds of CPU per record for each case of cases.json, warmed up: "name TAB ns" lines. CPU is the whole process's, collector included. */
@SuppressWarnings({"unchecked", "rawtypes"})
public class TransformBench {
    private static Object sink;

    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode document = mapper.readTree(new File(args[0]));
        long seconds = Long.parseLong(args[1]);
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "true"), false);
        JsonNode json = document.get("record");
        SchemaAndValue value = converter.toConnectData("orders", mapper.writeValueAsBytes(json.get("value")));
        ConnectHeaders headers = new ConnectHeaders();
        for (JsonNode header : json.get("headers")) {
            headers.addString(header.get("key").asText(), header.get("payload").asText());
        }
        SinkRecord record = new SinkRecord("orders", 0, null, null, value.schema(), value.value(), 0, json.get("timestamp").asLong(),
            TimestampType.CREATE_TIME, headers);
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        for (JsonNode test : document.get("cases")) {
            Map<String, String> config = new HashMap<>();
            test.get("config").fields().forEachRemaining(e -> config.put(e.getKey(), e.getValue().asText()));
            List<Transformation> transforms = new ArrayList<>();
            List<Predicate> predicates = new ArrayList<>();
            for (String alias : config.get("transforms").split(",")) {
                Map<String, String> own = below(config, "transforms." + alias + ".");
                Transformation transform = (Transformation) Class.forName(own.get("type")).getConstructor().newInstance();
                transform.configure(own);
                transforms.add(transform);
                Predicate predicate = null;
                if (own.containsKey("predicate")) {
                    Map<String, String> theirs = below(config, "predicates." + own.get("predicate") + ".");
                    predicate = (Predicate) Class.forName(theirs.get("type")).getConstructor().newInstance();
                    predicate.configure(theirs);
                }
                predicates.add(predicate);
            }
            loop(record, transforms, predicates, seconds * 1_000_000_000L);
            long before = system.getProcessCpuTime();
            long records = loop(record, transforms, predicates, seconds * 1_000_000_000L);
            System.out.println(test.get("name").asText() + "\t" + (double) (system.getProcessCpuTime() - before) / records);
        }
    }

    private static long loop(SinkRecord record, List<Transformation> transforms, List<Predicate> predicates, long nanos) {
        long end = System.nanoTime() + nanos;
        long records = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < 1000; i++) {
                SinkRecord current = record;
                for (int t = 0; t < transforms.size() && current != null; t++) {
                    if (predicates.get(t) != null && !predicates.get(t).test(current)) continue;
                    current = (SinkRecord) transforms.get(t).apply(current);
                }
                sink = current;
            }
            records += 1000;
        }
        return records;
    }

    private static Map<String, String> below(Map<String, String> config, String prefix) {
        Map<String, String> out = new HashMap<>();
        config.forEach((k, v) -> {
            if (k.startsWith(prefix)) out.put(k.substring(prefix.length()), v);
        });
        return out;
    }
}
