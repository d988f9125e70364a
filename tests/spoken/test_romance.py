"""What French, Spanish and Italian have of their own: regions, joints, letters that must not change."""

from __future__ import annotations

import pytest

from assistant.spoken import spoken


@pytest.mark.parametrize(
    ("written", "language", "words"),
    [
        ("Cuesta $1,234.50.", "es-MX", "Cuesta mil doscientos treinta y cuatro pesos con cincuenta."),
        ("Mide 3.5 km.", "es-MX", "Mide tres punto cinco kilómetros."),
        ("Cuesta $1.234,50.", "es-AR", "Cuesta mil doscientos treinta y cuatro pesos con cincuenta."),
        ("Cuesta $1.50.", "es-US", "Cuesta un dólar con cincuenta."),
        ("Cuesta $1,234.50.", "es-ES", "Cuesta mil doscientos treinta y cuatro dólares con cincuenta."),
    ],
)  # fmt: skip
def test_spanish_of_a_country_has_its_marks_and_its_money(written: str, language: str, words: str) -> None:
    assert spoken(written, language) == words


@pytest.mark.parametrize(
    ("written", "language", "words"),
    [
        ("2 000 000 habitants", "fr", "deux millions d'habitants"),
        ("2 000 000 personnes", "fr", "deux millions de personnes"),
        ("2.000.000 personas", "es", "dos millones de personas"),
        ("2.000.000 abitanti", "it", "due milioni di abitanti"),
        ("1 000 000 km", "fr", "un million de kilomètres"),
        ("3/4 h", "fr", "trois quarts d'heure"),
        ("1/2 h", "es", "media hora"),
        ("¾ l", "it", "tre quarti di litro"),
        ("15/20", "fr", "quinze sur vingt"),
        ("8,5/10", "es", "ocho coma cinco sobre diez"),
        ("Python 3.12", "fr", "Python trois point douze"),
        ("Ajoutez 1.5 L d'eau", "fr", "Ajoutez un virgule cinq litre d'eau"),
        ("s. XIX", "es", "siglo diecinueve"),
        ("XIX sec.", "it", "diciannovesimo secolo"),
        ("XVIIe s. après", "fr", "dix-septième siècle après"),
        ("le 5/7", "fr", "le cinq juillet"),
        ("1,80 €/kg", "it", "un euro e ottanta al chilo"),
    ],
)
def test_a_number_is_joined_to_what_it_counts(written: str, language: str, words: str) -> None:
    assert spoken(written, language) == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La vitamine C et le groupe D.", "fr"),
        ("Ce livre, Le Mans, Me voilà, Vers midi.", "fr"),
        ("Malcolm X et le CD de Marie.", "fr"),
        ("Telefónica S.A. y la clase C.", "es"),
        ("El CV de Ana, la UE y la ONU.", "es"),
        ("I ragazzi e la classe D.", "it"),
        ("L'IVA e il DVD di Anna.", "it"),
    ],
)
def test_letters_that_are_no_roman_numerals_stay(text: str, language: str) -> None:
    assert spoken(text, language) == text
