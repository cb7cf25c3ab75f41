import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** Runs the cases of corpus.jsonl through Kafka Connect's own classes and prints one line for each, in the form of `millrace transform`. */
@SuppressWarnings({"unchecked", "rawtypes"})
public class TransformRunner {
    private static final ObjectMapper MAPPER = new ObjectMapper(null, null, null)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

    private record Step(Transformation transform, Predicate predicate, boolean negate) { }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(run(MAPPER.readTree(line)));
        }
        out.flush();
    }

    private static String run(JsonNode test) {
        ObjectNode answer = MAPPER.createObjectNode();
        answer.put("name", test.get("name").asText());
        Map<String, String> config = new HashMap<>();
        test.get("config").fields().forEachRemaining(e -> config.put(e.getKey(), e.getValue().asText()));
        List<Step> steps;
        try {
            steps = chain(config);
        } catch (Throwable e) {
            answer.put("config_error", String.valueOf(message(e)));
            return answer.toString();
        }
        boolean schemaless = test.path("schemaless").asBoolean();
        JsonConverter key = converter(config, "key.converter", true, schemaless);
        JsonConverter value = converter(config, "value.converter", false, schemaless);
        JsonConverter header = converter(config, "header.converter", false, false);
        boolean sink = test.path("sink").asBoolean();
        int offset = 0;
        for (JsonNode record : test.get("in")) {
            answer.withArray("out").add(runRecord(record, steps, key, value, header, sink, offset++));
        }
        return answer.toString();
    }

    private static JsonConverter converter(Map<String, String> config, String name, boolean isKey, boolean schemaless) {
        Map<String, String> settings = new HashMap<>();
        if (config.containsKey(name)) {
            config.forEach((k, v) -> {
                if (k.startsWith(name + ".")) settings.put(k.substring(name.length() + 1), v);
            });
        }
        settings.put("schemas.enable", String.valueOf(!schemaless));
        JsonConverter converter = new JsonConverter();
        converter.configure(settings, isKey);
        return converter;
    }

    private static List<Step> chain(Map<String, String> config) throws Throwable {
        List<Step> steps = new ArrayList<>();
        for (String alias : config.getOrDefault("transforms", "").split(",")) {
            if (alias.isEmpty()) continue;
            Map<String, String> own = below(config, "transforms." + alias + ".");
            Transformation transform = (Transformation) Class.forName(own.get("type")).getConstructor().newInstance();
            // What validation of a connector does before anything is configured.
            transform.config().parse(own);
            transform.configure(own);
            Predicate predicate = null;
            if (own.containsKey("predicate")) {
                Map<String, String> theirs = below(config, "predicates." + own.get("predicate") + ".");
                predicate = (Predicate) Class.forName(theirs.get("type")).getConstructor().newInstance();
                predicate.configure(theirs);
            }
            steps.add(new Step(transform, predicate, Boolean.parseBoolean(own.getOrDefault("negate", "false"))));
        }
        return steps;
    }

    private static Map<String, String> below(Map<String, String> config, String prefix) {
        Map<String, String> out = new HashMap<>();
        config.forEach((k, v) -> {
            if (k.startsWith(prefix)) out.put(k.substring(prefix.length()), v);
        });
        return out;
    }

    private static String runRecord(JsonNode json, List<Step> steps, JsonConverter keys, JsonConverter values,
                                    JsonConverter headers, boolean sink, int offset) {
        try {
            String topic = text(json, "topic");
            Integer partition = json.hasNonNull("partition") ? (Integer) json.get("partition").intValue() : null;
            Long timestamp = json.hasNonNull("timestamp") ? (Long) json.get("timestamp").longValue() : null;
            SchemaAndValue key = keys.toConnectData(topic, bytes(json.get("key")));
            SchemaAndValue value = values.toConnectData(topic, bytes(json.get("value")));
            ConnectHeaders all = new ConnectHeaders();
            for (JsonNode header : json.path("headers")) {
                ObjectNode envelope = MAPPER.createObjectNode();
                envelope.set("schema", header.path("schema").isMissingNode() ? null : header.get("schema"));
                envelope.set("payload", header.path("payload").isMissingNode() ? null : header.get("payload"));
                SchemaAndValue converted = headers.toConnectData(topic, bytes(envelope));
                all.add(header.get("key").asText(), converted);
            }
            ConnectRecord record = sink
                ? new SinkRecord(topic, partition == null ? 0 : partition, key.schema(), key.value(), value.schema(), value.value(), offset,
                    timestamp, timestamp == null ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME, all)
                : new SourceRecord(null, null, topic, partition, key.schema(), key.value(), value.schema(), value.value(), timestamp, all);
            for (Step step : steps) {
                if (step.predicate() != null && step.predicate().test(record) == step.negate()) continue;
                record = step.transform().apply(record);
                if (record == null) return "null";
            }
            return print(record, keys, values, headers);
        } catch (Throwable e) {
            ObjectNode error = MAPPER.createObjectNode();
            error.put("error", message(e));
            error.put("class", e.getClass().getName());
            return error.toString();
        }
    }

    private static String print(ConnectRecord record, JsonConverter keys, JsonConverter values, JsonConverter headers) throws Exception {
        String topic = record.topic();
        StringBuilder out = new StringBuilder("{\"topic\":");
        out.append(MAPPER.writeValueAsString(topic)).append(",\"partition\":").append(record.kafkaPartition());
        out.append(",\"timestamp\":").append(record.timestamp());
        out.append(",\"key\":").append(string(keys.fromConnectData(topic, record.keySchema(), record.key())));
        out.append(",\"value\":").append(string(values.fromConnectData(topic, record.valueSchema(), record.value())));
        out.append(",\"headers\":[");
        String separator = "";
        for (Object o : record.headers()) {
            Header header = (Header) o;
            byte[] envelope = headers.fromConnectData(topic, header.schema(), header.value());
            String members = envelope == null ? "{\"schema\":null,\"payload\":null}" : string(envelope);
            out.append(separator).append("{\"key\":").append(MAPPER.writeValueAsString(header.key())).append(',').append(members.substring(1));
            separator = ",";
        }
        return out.append("]}").toString();
    }

    private static String message(Throwable e) {
        return e.getMessage() == null ? "" : e.getMessage();
    }

    private static String text(JsonNode json, String member) {
        return json.hasNonNull(member) ? json.get(member).asText() : null;
    }

    private static byte[] bytes(JsonNode json) throws Exception {
        return json == null || json.isNull() ? null : MAPPER.writeValueAsBytes(json);
    }

    private static String string(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }
}
