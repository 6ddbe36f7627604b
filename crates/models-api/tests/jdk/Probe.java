import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** Retrieves and deletes models with the JDK's default HTTP client, which offers HTTP/2. */
public class Probe {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String base = arguments[0];
        String key = arguments[1];
        int count = Integer.parseInt(arguments[2]);
        for (int number = 0; number < count; number++) {
            String url = base + "/v1/models/m" + number;
            HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + key);
            var body = number % 2 == 0 ? BodyPublishers.noBody() : BodyPublishers.ofString("{}");
            var requests = new HttpRequest[] {
                builder.copy().GET().build(),
                builder.copy().method("DELETE", body).build(),
                builder.copy().GET().build(),
            };
            for (HttpRequest request : requests) {
                var response = client.send(request, BodyHandlers.ofString());
                System.out.println(request.method() + " " + response.statusCode() + " " + response.version());
            }
        }
    }
}
