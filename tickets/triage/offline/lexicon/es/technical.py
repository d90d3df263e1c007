"""Spanish words of what does not work, and how to configure it."""

PATTERNS = {
    5: """
        pago .. falló|falla|error, página de pago* .. error|carga|falla,
        transferencia .. falló|fallida|rechazada,

        sin internet|luz|electricidad|calefacción|señal,
        no hay internet|luz|agua|señal|sistema|red, corte* de luz, apagón, olor a gas,
        huele a gas, se fue la luz|el internet,

        no responde .. servidor|sistema, servidor .. no responde, desde la actualización,
        tras la actualización, después de la actualización|actualizar, desde la migración
        """,
    4: """
        no funciona*, no está funcionando, deja|dejó|dejado de funcionar, no carga*,
        no inicia, no responde, no arranca,
        no se conecta|abre|carga|actualiza|sincroniza|enciende|inicia, mensaje* de error,
        código* de error, error* .. sistema|servidor|aplicación|conexión|página|al,
        error #, bloquea .. aplicación|pantalla|sistema,
        se bloquea|cuelga|cierra|congela|traba|cae|desconecta,
        pantalla negra|azul|blanca|en, bug, bugs, falla*, fallo*, fallando, fallas,
        caída*, caído, caída del, fuera de servicio|línea, interrupción*, interrupciones,
        corte*, inactividad, tiempo* de inactividad, indisponib*, inaccesible*,
        desconexión*, desconexiones, problema* técnico*, dificultad* técnica*,
        problema* de conexión|conectividad|red|rendimiento|sincronización,
        problema* de compatibilidad|integración|despliegue|servidor|software|hardware,
        mal funcionamiento, avería*, averiado*, wi fi, internet .. lento|no|caído, lento*,
        lentitud, latencia, impresora*, escáner, router*, módem, servidor*,
        base* de datos, redes, cortafuegos, firewall, vpn, bluetooth, instal*, desinstal*,
        reinstal*, configur*, actualización*, actualizaciones,
        actualizar .. software|aplicación|controlador*|sistema, controlador*, compatib*,
        incompatib*, sincroniz*, integración*, integraciones, api, apis, reinici*,
        sobrecalent*, sobrecarga*, pérdida* de datos, violación* de datos|seguridad,
        brecha* de datos|seguridad, vulnerabilidad*, ciberataque*, malware, virus,
        ransomware, acceso no autorizado, intento* de acceso, incidente* de seguridad,
        copia* de seguridad, restaur*, fuga* de datos, despliegue*, cifrado, encriptación,

        se cierra .. sola|solo, se cierra sola|solo, se traba, se congela,
        se queda .. cargando|blanco|negro, pantalla en blanco,
        no me deja .. subir|enviar|descargar|abrir|guardar,
        no deja .. subir|enviar|descargar, da error, sale .. error, arroja error,
        marca error, error al, no imprime, no enciende, no prende, no conecta, no se ve,
        no se oye|escucha, no suena, no aparece*, no reconoce, no sincroniza, no anda,
        no sirve, no funciona, dejó de funcionar, va lento|lentísimo|mal, va muy lento,
        lentísimo, cómo configuro|configurar|instalo|instalar|activo|conecto,
        sistema caído, caído .. sistema|servidor, la red, wifi, fibra, señal,
        datos móviles, línea .. muerta|cortada, celular .. no, móvil .. no, configuro,
        atasco de papel, proyector, auriculares .. no, micrófono .. no, buzón .. lleno,
        correo .. no|enviar|recibir, dominio*, dns, hosting,
        certificado .. caducado|vencido, unidad de red,
        archivos .. desaparec*|cifrados|dañados|perdidos,
        datos .. perdidos|borrados|desaparec*, descarga .. falla|error, subtítulos,
        no carga, entrecortad*, se corta, se cae,

        pierde .. wifi|conexión|señal|red, servidor de archivos, termostato*, timbre,
        cámara .. negra|no|desconect*, lámpara .. conect*|no, domótica, parpade*, zumba,
        pitidos, gotea, atascad*, se apaga .. solo|sola, se apaga, se reinicia,
        se quedó en|colgado|congelado, se queda, por duplicado, borroso, pixelado,
        desfas*, zona horaria, fórmula*, macro*, gráfico* .. vacío|no|carga,
        mapa .. no|carga, código qr, código de barras, carrito .. vacío|no,
        botón .. no|nada, pantalla táctil, código de retorno, tarea programada,
        proceso nocturno, replicación, clave api, componente,

        se calienta, calienta mucho, sobrecalienta, ventilador, hace ruido,
        ruido extraño|raro, se cierra, correos .. rebotan|llegan,
        registros .. visibles|públicos, está caído|caída
        """,
    3: """
        error*, errores, fallido*, roto*, dañado .. equipo|pantalla|dispositivo,
        defectuoso*, aplicación*, aplicaciones, app, software, hardware, sitio web,
        página web, ordenador*, computadora*, portátil*, laptop*, pc, tableta,
        dispositivo*, equipo .. no|lento|falla, pantalla*, teclado, ratón, auriculares,
        cámara, micrófono, altavoz, altavoces, batería*, cargador*, archivo*, subir,
        descarg*, navegador*, windows, android, linux, nube, aws, azure, docker, saas,
        plataforma*, panel*, tablero*, sistema*, plugin*, módulo*, versión*, conexión*,
        conectividad, inestab*, interrump*, técnico*, técnica*, outlook, excel, jira,
        rendimiento*, seguridad .. red|sistema*,

        formulario .. error|enviar, técnico .. problema, no abre, portal .. no|error
        """,
    2: """
        problema*, dificultad*, inconveniente*,

        mando, control remoto, tele, televisor, consola, reloj, audífonos, parlante*,
        bocina*, página*, menú, ventana, calendario
        """,
    1: """
        resolver, solución*, datos, herramienta*, digital*, afect*, impact*
        """,
}
