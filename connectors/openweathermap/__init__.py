"""The OpenWeatherMap source."""
