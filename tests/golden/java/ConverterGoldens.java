import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.converters.*;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.json.*;
import org.apache.kafka.connect.storage.*;

/**
 * What Kafka Connect's own converters make of the inputs in tests/golden/inputs, one JSON object a line. Arguments: the inputs'
 * folder, the folder to write to.
 */
public class ConverterGoldens {
    static final ObjectMapper MAPPER = new ObjectMapper();

    public static void main(String[] args) throws IOException {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Path in = Path.of(args[0]);
        Path out = Path.of(args[1]);
        json(in.resolve("json.txt"), out.resolve("json_converter.jsonl"));
        values(in.resolve("values.txt"), out.resolve("values.jsonl"));
        binary(out.resolve("binary_converters.jsonl"));
        definitions(out.resolve("converter_definitions.jsonl"));
    }

    static PrintStream open(Path path) throws IOException {
        PrintStream stream = new PrintStream(Files.newOutputStream(path), false, StandardCharsets.UTF_8);
        stream.println("{\"about\":\"Made by Apache Kafka 4.1.0 with tests/golden/regenerate; do not edit.\"}");
        return stream;
    }

    static ArrayNode chain(Throwable error) {
        ArrayNode out = MAPPER.createArrayNode();
        for (Throwable t = error; t != null; t = t.getCause())
            out.add(t.getClass().getName() + (t.getMessage() == null ? "" : ": " + t.getMessage()));
        return out;
    }

    /** The lines of an input file: `#` begins a comment, `%xHH;` is a byte. */
    static List<byte[]> lines(Path path) throws IOException {
        List<byte[]> out = new ArrayList<>();
        for (String line : Files.readAllLines(path)) {
            if (line.startsWith("#")) continue;
            out.add(unescape(line));
        }
        return out;
    }

    static byte[] unescape(String line) {
        byte[] raw = line.getBytes(StandardCharsets.UTF_8);
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] == '%' && i + 4 < raw.length && raw[i + 1] == 'x') {
                bytes.write(Integer.parseInt(new String(raw, i + 2, 2, StandardCharsets.US_ASCII), 16));
                i += 4;
            } else {
                bytes.write(raw[i]);
            }
        }
        return bytes.toByteArray();
    }

    static void json(Path in, Path path) throws IOException {
        try (PrintStream out = open(path)) {
            String mode = "";
            Map<String, String> config = Map.of();
            for (String line : Files.readAllLines(in)) {
                if (line.startsWith("#") || line.isEmpty()) continue;
                if (line.startsWith("@")) {
                    mode = line.substring(1);
                    config = new TreeMap<>();
                    for (String pair : mode.split(" ")) if (!pair.isEmpty()) config.put(pair.split("=")[0], pair.split("=")[1]);
                    config.put("converter.type", "value");
                    continue;
                }
                JsonConverter converter = new JsonConverter();
                converter.configure(config, false);
                byte[] bytes = unescape(line);
                ObjectNode row = MAPPER.createObjectNode();
                ObjectNode shown = row.putObject("config");
                config.forEach(shown::put);
                row.put("in", HexFormat.of().formatHex(bytes));
                row.put("text", line);
                SchemaAndValue read;
                try {
                    read = converter.toConnectData("t", bytes);
                } catch (Exception e) {
                    row.set("error", chain(e));
                    out.println(MAPPER.writeValueAsString(row));
                    continue;
                }
                row.put("value", describe(read.value()));
                written(row, "enveloped", config, "true", read);
                written(row, "plain", config, "false", read);
                StringConverter text = new StringConverter();
                text.configure(Map.of("converter.type", "value"));
                byte[] string = text.fromConnectData("t", read.schema(), read.value());
                String shownText = string == null ? null : new String(string, StandardCharsets.UTF_8);
                if (shownText == null || !shownText.contains("[B@")) row.put("string", shownText);
                try {
                    row.put("header", Values.convertToString(read.schema(), read.value()));
                } catch (Exception e) {
                    row.set("header_error", chain(e));
                }
                out.println(MAPPER.writeValueAsString(row));
            }
        }
    }

    static void written(ObjectNode row, String name, Map<String, String> config, String enable, SchemaAndValue value) {
        Map<String, String> props = new TreeMap<>(config);
        props.put("schemas.enable", enable);
        JsonConverter converter = new JsonConverter();
        converter.configure(props, false);
        try {
            byte[] bytes = converter.fromConnectData("t", value.schema(), value.value());
            row.put(name, bytes == null ? null : new String(bytes, StandardCharsets.UTF_8));
        } catch (Exception e) {
            row.set(name + "_error", chain(e));
        }
    }

    static void values(Path in, Path path) throws IOException {
        JsonConverter json = new JsonConverter();
        json.configure(Map.of("converter.type", "value"), false);
        try (PrintStream out = open(path)) {
            for (byte[] bytes : lines(in)) {
                String text = new String(bytes, StandardCharsets.UTF_8);
                SchemaAndValue parsed = Values.parseString(text);
                ObjectNode row = MAPPER.createObjectNode();
                row.put("text", text);
                if (parsed == null) {
                    row.putNull("schema");
                    row.put("value", "null");
                } else {
                    row.put("schema", describe(parsed.schema()));
                    row.put("value", describe(parsed.value()));
                    row.put("again", Values.convertToString(parsed.schema(), parsed.value()));
                }
                out.println(MAPPER.writeValueAsString(row));
            }
        }
    }

    static void binary(Path path) throws IOException {
        Map<String, Converter> converters = new TreeMap<>();
        converters.put("Short", new ShortConverter());
        converters.put("Integer", new IntegerConverter());
        converters.put("Long", new LongConverter());
        converters.put("Float", new FloatConverter());
        converters.put("Double", new DoubleConverter());
        converters.put("Boolean", new BooleanConverter());
        converters.put("ByteArray", new ByteArrayConverter());
        String[] inputs = {"", "00", "01", "02", "ff", "0102", "ffff", "00000001", "80000000", "3fc00000", "7fc00000", "ff800000",
            "0102030405060708", "ffffffffffffffff", "3ff8000000000000", "000102"};
        try (PrintStream out = open(path)) {
            for (Map.Entry<String, Converter> entry : converters.entrySet()) {
                Converter converter = entry.getValue();
                converter.configure(Map.of("converter.type", "value"), false);
                for (String hex : inputs) {
                    ObjectNode row = MAPPER.createObjectNode();
                    row.put("converter", entry.getKey()).put("in", hex);
                    try {
                        SchemaAndValue value = converter.toConnectData("t", HexFormat.of().parseHex(hex));
                        row.put("schema", describe(value.schema()));
                        row.put("value", describe(value.value()));
                        row.put("again", HexFormat.of().formatHex(converter.fromConnectData("t", value.schema(), value.value())));
                    } catch (Exception e) {
                        row.set("error", chain(e));
                    }
                    out.println(MAPPER.writeValueAsString(row));
                }
                ObjectNode row = MAPPER.createObjectNode();
                row.put("converter", entry.getKey()).put("write", "string");
                try {
                    converter.fromConnectData("t", null, "x");
                } catch (Exception e) {
                    row.put("error", e.getClass().getName() + ": " + e.getMessage());
                }
                out.println(MAPPER.writeValueAsString(row));
                row = MAPPER.createObjectNode();
                row.put("converter", entry.getKey()).put("write", "string with schema");
                try {
                    converter.fromConnectData("t", Schema.STRING_SCHEMA, "x");
                } catch (Exception e) {
                    row.put("error", e.getClass().getName() + ": " + e.getMessage());
                }
                out.println(MAPPER.writeValueAsString(row));
            }
        }
    }

    static void definitions(Path path) throws IOException {
        Map<String, ConfigDef> all = new TreeMap<>();
        all.put("org.apache.kafka.connect.json.JsonConverter", new JsonConverter().config());
        all.put("org.apache.kafka.connect.storage.StringConverter", new StringConverter().config());
        all.put("org.apache.kafka.connect.converters.ByteArrayConverter", new ByteArrayConverter().config());
        all.put("org.apache.kafka.connect.converters.BooleanConverter", new BooleanConverter().config());
        all.put("org.apache.kafka.connect.converters.LongConverter", new LongConverter().config());
        all.put("org.apache.kafka.connect.storage.SimpleHeaderConverter", new SimpleHeaderConverter().config());
        try (PrintStream out = open(path)) {
            for (Map.Entry<String, ConfigDef> entry : all.entrySet()) {
                for (ConfigDef.ConfigKey key : entry.getValue().configKeys().values()) {
                    ObjectNode row = MAPPER.createObjectNode();
                    row.put("converter", entry.getKey()).put("name", key.name).put("type", key.type.name());
                    row.put("required", !key.hasDefault());
                    row.put("default", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null);
                    row.put("importance", key.importance.name()).put("doc", key.documentation).put("group", key.group);
                    row.put("order", key.orderInGroup).put("width", key.width.name()).put("display", key.displayName);
                    out.println(MAPPER.writeValueAsString(row));
                }
            }
        }
    }

    // A notation for values and schemas that the tests write as well.

    static String describe(Object v) {
        if (v == null) return "null";
        if (v instanceof Byte) return "int8 " + v;
        if (v instanceof Short) return "int16 " + v;
        if (v instanceof Integer) return "int32 " + v;
        if (v instanceof Long) return "int64 " + v;
        if (v instanceof Float) return "float " + v;
        if (v instanceof Double) return "double " + v;
        if (v instanceof Boolean) return "boolean " + v;
        if (v instanceof String) return "'" + v + "'";
        if (v instanceof byte[]) return "bytes " + HexFormat.of().formatHex((byte[]) v);
        if (v instanceof java.math.BigDecimal) return "decimal " + v;
        if (v instanceof java.util.Date) return "date " + ((java.util.Date) v).getTime();
        if (v instanceof List) {
            List<String> parts = new ArrayList<>();
            for (Object item : (List<?>) v) parts.add(describe(item));
            return "[" + String.join(", ", parts) + "]";
        }
        if (v instanceof Map) {
            List<String> parts = new ArrayList<>();
            for (Map.Entry<?, ?> e : ((Map<?, ?>) v).entrySet()) parts.add(describe(e.getKey()) + ": " + describe(e.getValue()));
            parts.sort((a, b) -> java.util.Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
            return "{" + String.join(", ", parts) + "}";
        }
        if (v instanceof Struct) {
            List<String> parts = new ArrayList<>();
            for (Field f : ((Struct) v).schema().fields()) parts.add(f.name() + "=" + describe(((Struct) v).getWithoutDefault(f.name())));
            return "struct(" + String.join(", ", parts) + ")";
        }
        return v.getClass().getName();
    }

    static String describe(Schema s) {
        if (s == null) return "null";
        String out = s.name() == null ? s.type().getName() : s.name() + ":" + s.type().getName();
        if (s.type() == Schema.Type.ARRAY) out += "(" + describe(s.valueSchema()) + ")";
        if (s.type() == Schema.Type.MAP) out += "(" + describe(s.keySchema()) + ", " + describe(s.valueSchema()) + ")";
        if (s.parameters() != null && s.parameters().containsKey("scale")) out += "/" + s.parameters().get("scale");
        return out + (s.isOptional() ? "?" : "");
    }
}
